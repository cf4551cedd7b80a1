"""Runs bodies: on the event loop as asyncio tasks, or on threads; and ends what they leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from functools import partial
from random import Random
from threading import get_ident

from runcast.domain.outcome import Outcome
from runcast.sdk.scope import current_scope
from runcast.sdk.stopping import Stopping
from runcast.worker.outcomes import failed, succeeded
from runcast.worker.running import Running
from runcast.worker.threads import Threads

Ended = Callable[[Running, Outcome | None], None]


class Bodies:
    """Starts bodies and says, on the loop, how each ended. An outcome of None: it was stopped."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, context: Context, threads: Threads, random: Random, ended: Ended
    ) -> None:
        self._loop = loop
        self._context = context
        self._threads = threads
        self._random = random
        self._ended = ended

    def start(self, running: Running) -> None:
        """Begin; returns at once."""
        context = self._context.copy()
        context.run(current_scope.set, running.scope)
        if running.task.is_async:
            running.root = self._loop.create_task(self._run(running), context=context)
        else:
            running.threaded = True
            # The thread counts as work until it blocks on the engine.
            running.busy += 1
            self._threads.submit(context.run, self._run_on_thread, running)

    async def _run(self, running: Running) -> None:
        outcome: Outcome | None = None
        try:
            if running.stop is None:
                task = running.task
                args, kwargs = task.decode_payload(running.assignment.payload)
                outcome = succeeded(running, await task.fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - however a body ends, the run must hear of it
            if running.stop is None:
                outcome = failed(running, error, self._random)
        running.ended = True
        if running.tasks:
            await _end_tasks(running)
        self._ended(running, outcome)

    def _run_on_thread(self, running: Running) -> None:
        running.thread_id = get_ident()
        outcome: Outcome | None = None
        try:
            if running.stop is None:
                task = running.task
                args, kwargs = task.decode_payload(running.assignment.payload)
                outcome = succeeded(running, task.fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - however a body ends, the run must hear of it
            if running.stop is None:
                outcome = failed(running, error, self._random)
        try:
            self._loop.call_soon_threadsafe(partial(self._thread_ended, running, outcome), context=self._context)
        except RuntimeError:
            # The loop is closed: this thread was given up long ago.
            return

    def _thread_ended(self, running: Running, outcome: Outcome | None) -> None:
        running.ended = True
        running.thread_wait = None
        if running.tasks:
            self._loop.create_task(self._end_thread(running, outcome), context=self._context)
        else:
            self._ended(running, outcome)

    async def _end_thread(self, running: Running, outcome: Outcome | None) -> None:
        await _end_tasks(running)
        self._ended(running, outcome)


async def _end_tasks(running: Running) -> None:
    """Cancel and await the asyncio tasks that the body left behind. Whatever they do now is not recorded."""
    while running.tasks:
        left = tuple(running.tasks)
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left)
        except asyncio.CancelledError:
            # A second stop while this one is under way; the tasks are being canceled already.
            continue


def stop(running: Running, stopping: Stopping) -> None:
    """Stop a body. A body that has ended, or is being stopped for good, stays as it is."""
    if running.stop is None or stopping is Stopping.FENCE:
        if running.ended:
            running.stop = stopping
        else:
            running.unwind(stopping)
