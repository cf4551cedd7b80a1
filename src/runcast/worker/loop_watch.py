"""Warns when a body blocks the worker's event loop: which one, and where."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from runcast.worker.running import Running

BLOCKED_S = 1.0
"""A loop that does not turn for this long is worth a line in the log."""

log = logging.getLogger("runcast.worker")


class LoopWatch:
    """Asks the loop on which it is entered, from a thread, whether it still turns: twice a second, nothing per run.

    A loop that is only busy changes its task between two looks, so a warning names who really blocks it; one that is
    blocked for long gets one warning.
    """

    def __init__(self, executing: Callable[[], Iterable[Running]]) -> None:
        """`executing`: what runs on this loop."""
        self._executing = executing
        self._loop = asyncio.get_running_loop()
        self._thread_id = threading.get_ident()
        self._left = threading.Event()

    def __enter__(self) -> None:
        threading.Thread(target=self._watch, name="runcast-watch", daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._left.set()

    def _watch(self) -> None:
        while not self._left.wait(BLOCKED_S / 2):
            turned = threading.Event()
            try:
                self._loop.call_soon_threadsafe(turned.set)
            except RuntimeError:
                return  # the loop is closed
            if not turned.wait(BLOCKED_S / 2):
                self._look(turned)

    def _look(self, turned: threading.Event) -> None:
        first = asyncio.current_task(self._loop)
        if first is not None and not turned.wait(BLOCKED_S / 2) and asyncio.current_task(self._loop) is first:
            self._warn(first)
        while not turned.wait(BLOCKED_S) and not self._left.is_set():
            pass

    def _warn(self, current: asyncio.Task[Any]) -> None:
        for running in tuple(self._executing()):
            if current is running.root or current in (running.tasks or ()):
                log.warning(
                    "task %r (run %s) has blocked the event loop of its worker for more than %g s, at %s: other runs wait. "
                    'Await what takes time, or make it a `def` task, or use isolation="process"',
                    running.task.name,
                    running.run_id,
                    BLOCKED_S,
                    self._where(running.task.fn.__module__),
                )

    def _where(self, module: str) -> str:
        """The innermost line of the task's module; if there is none, the innermost of all."""
        innermost = frame = sys._current_frames()[self._thread_id]  # noqa: SLF001 - the only way to see another thread
        while frame.f_globals.get("__name__") != module:
            if frame.f_back is None:
                frame = innermost
                break
            frame = frame.f_back
        return f"{frame.f_code.co_filename}:{frame.f_lineno}"
