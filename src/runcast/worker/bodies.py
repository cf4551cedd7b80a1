"""Runs bodies: on the event loop as asyncio tasks, or on threads; and ends what they leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from functools import partial
from random import Random
from threading import get_ident
from typing import Any

from runcast.domain.outcome import Outcome
from runcast.sdk import background
from runcast.sdk.hooks import Around, Hookable
from runcast.sdk.scope import current_scope
from runcast.sdk.spans import find_spans
from runcast.sdk.stopping import Stopping
from runcast.worker.lifecycle import Lifecycle
from runcast.worker.outcomes import failed, succeeded
from runcast.worker.running import Running
from runcast.worker.thread_end import ThreadEnd, caught
from runcast.worker.threads import Threads

Ended = Callable[[Running, Outcome | None], None]


class Bodies:
    """Starts bodies and says, on the loop, how each ended. An outcome of None: it was stopped."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: Context,
        threads: Threads,
        random: Random,
        ended: Ended,
        *,
        hooks: Hookable[Any],
    ) -> None:
        self._loop = loop
        self._context = context
        self._threads = threads
        self._random = random
        self._ended = ended
        self._hooks = hooks
        """Those of every task."""
        self._spans = find_spans()

    def _end(self, running: Running, outcome: Outcome | None) -> None:
        if running.span is not None:
            running.span.end(outcome, stopped="" if running.stop is None else running.stop.value)
            running.span = None
        self._ended(running, outcome)

    def start(self, running: Running) -> None:
        """Begin; returns at once."""
        context = self._context.copy()
        context.run(current_scope.set, running.scope)
        if self._spans is not None:
            running.span = context.run(self._spans.begin, running.assignment)
        if self._hooks.hooked or running.task.hooked:
            running.root = self._loop.create_task(self._run_hooked(running), context=context)
            # After the task is made: the root of a body is made while neither is set.
            running.threaded = not running.task.is_async
        elif running.task.is_async:
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
        if running.background is not None:
            outcome = await _settled(running, outcome)
        running.ended = True
        if running.tasks:
            await _end_tasks(running)
        self._end(running, outcome)

    async def _run_hooked(self, running: Running) -> None:
        lifecycle = Lifecycle(running, Around(self._hooks, running.task), partial(self._body, running), self._random)
        outcome = None if running.stop is not None else await lifecycle.run()
        if running.background is not None:
            outcome = await _settled(running, outcome)
        running.ended = True
        if running.tasks:
            await _end_tasks(running)
        try:
            await lifecycle.last_words()
        except BaseException:  # noqa: BLE001 - stopped again: nobody waits for the hooks any longer
            outcome = None
        # It leads back to the run: without it the run goes at once.
        running.suspension = None
        self._end(running, outcome)

    async def _body(self, running: Running, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The task's function: here, or on a thread while the run's root waits for it."""
        if running.task.is_async:
            return await running.task.fn(*args, **kwargs)
        end = ThreadEnd(loop=self._loop)
        running.busy += 1
        self._threads.submit(copy_context().run, self._body_on_thread, running, end, args, kwargs)
        try:
            return await end.outcome(running)
        finally:
            running.busy -= 1
            running.thread_wait = None

    def _body_on_thread(self, running: Running, end: ThreadEnd, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        running.thread_id = get_ident()
        ended = caught(partial(running.task.fn, *args, **kwargs))
        try:
            self._loop.call_soon_threadsafe(partial(end.end, ended), context=self._context)
        except RuntimeError:
            # The loop is closed: this thread was given up long ago.
            return

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
            self._end(running, outcome)

    async def _end_thread(self, running: Running, outcome: Outcome | None) -> None:
        await _end_tasks(running)
        self._end(running, outcome)


async def _settled(running: Running, outcome: Outcome | None) -> Outcome | None:
    """The outcome once background work has ended; None: the run was stopped before that."""
    await background.settle(running)
    return None if running.stop is not None else outcome


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
