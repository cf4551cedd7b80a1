"""An asyncio loop on virtual time: no selector, no threads, and every choice of order made by one seed.

Code under test runs inside *processes*, a name for a context: a killed process never runs another instruction and
cleans nothing up, a paused one stands still while time goes on. Both are what `SIGKILL` and `SIGSTOP` do.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import warnings
from asyncio import base_events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any

HANDLES_MAX = 400_000
"""A seed that runs more handles than this does not end."""


class Stuck(Exception):
    """Nothing is ready and no timer is set, or the loop runs without end."""


class Process:
    """A group of tasks that live and die together.

    running → paused (`pause`) → running (`go_on`); running or paused → dead (`kill`), for ever.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.paused = False
        self.held: list[asyncio.Handle] = []
        self.context: Context = copy_context()
        self.context.run(CURRENT.set, self)

    def __repr__(self) -> str:
        return f"<Process {self.name}>"


CURRENT: ContextVar[Process | None] = ContextVar("process", default=None)


class VirtualLoop(base_events.BaseEventLoop):
    """Runs what is ready, then jumps to the next timer.

    Within one iteration tasks take their turns in an order drawn from the seed. Plain callbacks keep the order of
    their `call_soon`, which asyncio guarantees and honest code may rely on.
    """

    _ready: deque[asyncio.Handle]
    _scheduled: list[Any]

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = Random(seed)
        self._now = 0.0
        self._handles = 0
        self._births: dict[asyncio.Task[Any], int] = {}

    # --- what asyncio asks of a loop ---

    def time(self) -> float:
        return self._now

    def _process_events(self, event_list: object) -> None:
        """There are no files to watch."""

    def _write_to_self(self) -> None:
        """There is no selector to wake."""

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = super().create_task(coro, **options)
        self._births[task] = len(self._births)
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """A thread of the simulation: the call happens a little later, at one instant."""
        future = self.create_future()

        def call() -> None:
            if not future.cancelled():
                try:
                    future.set_result(func(*args))
                except Exception as error:  # noqa: BLE001 the future carries it
                    future.set_exception(error)

        self.call_later(self.random.random() * 0.01, call)
        return future

    def _run_once(self) -> None:
        if not self._ready:
            self._jump()
        batch = list(self._ready)
        self._ready.clear()
        self._handles += len(batch)
        if self._handles > HANDLES_MAX:
            raise Stuck("the loop runs without end")
        for handle in self._shuffled(batch):
            self._run_handle(handle)

    # --- order ---

    def _jump(self) -> None:
        while self._scheduled and self._scheduled[0]._cancelled:
            heapq.heappop(self._scheduled)._scheduled = False
        if not self._scheduled:
            raise Stuck("nothing is ready and no timer is set")
        self._now = max(self._now, self._scheduled[0]._when)
        while self._scheduled and self._scheduled[0]._when <= self._now:
            handle = heapq.heappop(self._scheduled)
            handle._scheduled = False
            self._ready.append(handle)

    def _shuffled(self, batch: list[asyncio.Handle]) -> list[asyncio.Handle]:
        if len(batch) == 1:
            return batch
        tasks = [handle for handle in batch if self._task_of(handle) is not None]
        tasks.sort(key=lambda handle: self._births[self._task_of(handle)])  # type: ignore[index]
        others = [handle for handle in batch if self._task_of(handle) is None]
        self.random.shuffle(tasks)
        merged = []
        while tasks and others:
            source = tasks if self.random.random() * (len(tasks) + len(others)) < len(tasks) else others
            merged.append(source.pop(0))
        return merged + tasks + others

    def _task_of(self, handle: asyncio.Handle) -> asyncio.Task[Any] | None:
        owner = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
        return owner if isinstance(owner, asyncio.Task) and owner in self._births else None

    def _run_handle(self, handle: asyncio.Handle) -> None:
        if handle._cancelled:
            return
        process = handle._context.get(CURRENT)  # type: ignore[attr-defined]
        if process is None or (process.alive and not process.paused):
            handle._run()
        elif process.alive:
            process.held.append(handle)

    # --- processes ---

    def spawn(self, process: Process, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task of `process`, from anywhere."""
        return self.create_task(coro, context=process.context.copy())

    def run_in(self, process: Process, callback: Callable[..., object], *args: object, delay: float = 0.0) -> None:
        """Call `callback` soon, as an instruction of `process`."""
        if delay:
            self.call_later(delay, callback, *args, context=process.context.copy())
        else:
            self.call_soon(callback, *args, context=process.context.copy())

    def kill(self, process: Process) -> None:
        """No further instruction of `process` runs, not even its `finally` blocks."""
        process.alive = False
        process.held.clear()

    def pause(self, process: Process) -> None:
        process.paused = True

    def go_on(self, process: Process) -> None:
        process.paused = False
        self._ready.extend(process.held)
        process.held = []

    # --- the end ---

    def dispose(self) -> None:
        """Close the loop and everything that still stands in it, silently: the world has ended."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # A `finally` block that gathers asks for the thread's loop: without one, asyncio makes one nobody closes.
            asyncio.set_event_loop(self)
            while self._births:
                # What such a block starts is born while the others are closed, and closed after them.
                births, self._births = self._births, {}
                for task in births:
                    _close(task)
            asyncio.set_event_loop(None)
            self._ready.clear()
            self._scheduled.clear()
            self.close()


def _close(task: asyncio.Task[Any]) -> None:
    if not task.done():
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        with contextlib.suppress(BaseException):
            task.get_coro().close()


class LoopClock:
    """Milliseconds since the epoch, as the loop's virtual time has them."""

    def __init__(self, loop: VirtualLoop, *, start_ms: int = 1_700_000_000_000, ahead_ms: int = 0) -> None:
        self._loop = loop
        self._start_ms = start_ms + ahead_ms

    def now_ms(self) -> int:
        return self._start_ms + int(self._loop.time() * 1000)


def run_virtual(seed: int, main: Callable[[VirtualLoop], Coroutine[Any, Any, Any]]) -> Any:
    """Run `main(loop)` to its end on a fresh loop, and leave nothing behind."""
    loop = VirtualLoop(seed)
    loop.set_exception_handler(_keep)
    try:
        return loop.run_until_complete(main(loop))
    finally:
        loop.dispose()


def _keep(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Exceptions that nobody awaited are part of a crash; the checks after a seed find what they broke."""
