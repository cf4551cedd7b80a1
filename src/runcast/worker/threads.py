"""Threads for `def` bodies and steps. Daemons: a body that never returns must not keep the process from ending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_Job = tuple["Future[Any]", Callable[[], Any]]


class Threads(Executor):
    """Up to `maximum` threads, made on demand, that take jobs in order."""

    def __init__(self, maximum: int, *, name: str) -> None:
        self._maximum = maximum
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._alive = 0
        self._free = 0
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `fn(*args, **kwargs)` when a thread is free."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the worker has stopped")
            self._jobs.put((future, lambda: fn(*args, **kwargs)))
            if self._free > 0:
                self._free -= 1
            elif self._alive < self._maximum:
                self._start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as declared by Executor
        """Let the threads end after what they do now."""
        with self._lock:
            self._closed = True
            for _ in range(self._alive):
                self._jobs.put(None)

    def _start(self) -> None:
        self._alive += 1
        threading.Thread(target=self._work, name=f"{self._name}-{self._alive}", daemon=True).start()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            future, work = job
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001 - the future carries it
                    future.set_exception(error)
            # Nothing of a job may be kept alive until the next one comes.
            del job, future, work
            with self._lock:
                # A thread that finds a next job at once was never free.
                if self._jobs.empty():
                    self._free += 1
