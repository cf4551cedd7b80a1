"""The body of a task that has hooks: middleware around hooks around the body.

    middleware (all tasks', then the task's)
    └── on_start_attempt · body · catch_error · on_success or on_failure · on_complete

All of it is one execution, before the outcome is reported: if the worker dies on the way, body and hooks are executed
again over the journal. See ADR 0009. A task without hooks does not come here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from random import Random
from typing import Any

from runcast.domain.errors import Conflict, InvalidPayload
from runcast.domain.outcome import Failed, Outcome
from runcast.sdk.hooks import Around, HookKind, hook_name
from runcast.sdk.payload import Arguments
from runcast.sdk.scope import current_scope
from runcast.sdk.stopping import Stopping
from runcast.sdk.suspension import Suspension
from runcast.worker.hook_calls import HookCalls
from runcast.worker.outcomes import completion, failed, succeeded, timed_out
from runcast.worker.running import Running

RunBody = Callable[[tuple[Any, ...], dict[str, Any]], Awaitable[Any]]


class Lifecycle:
    """One execution of one run with hooks."""

    def __init__(self, running: Running, around: Around, run_body: RunBody, random: Random) -> None:
        self._running = running
        self._calls = HookCalls(running, around)
        self._run_body = run_body
        self._random = random
        self._outcome: Outcome | None = None
        self._reached: BaseException | None = None
        """What the hooks have seen the attempt fail with."""
        if self._calls.of(HookKind.WAIT) or self._calls.of(HookKind.RESUME):
            running.suspension = Suspension(running, self._calls.announce, self._calls.resume)

    async def run(self) -> Outcome | None:
        """How it ended; None: it was stopped."""
        try:
            arguments = self._running.task.decode_payload(self._running.assignment.payload)
            self._calls.arguments = _named(self._running, *arguments)
            await self._wrapped(self._calls.of(HookKind.MIDDLEWARE), arguments)
        except BaseException as error:  # noqa: BLE001 - however a body ends, the run must hear of it
            if self._running.stop is None and error is not self._reached:
                await self._fail_unless_stopped(error)
        return None if self._running.stop is not None else self._outcome

    async def _wrapped(self, middleware: list[Callable[..., Any]], arguments: Arguments) -> None:
        if not middleware:
            await self._attempt(arguments)
            return
        fn, *inner = middleware
        calls = 0

        async def call_next() -> None:
            nonlocal calls
            calls += 1
            if calls > 1:
                raise Conflict(f"the middleware {hook_name(fn)} called call_next() twice: a body is executed once")
            await self._wrapped(inner, arguments)

        token = current_scope.set(self._calls.scope_of(HookKind.MIDDLEWARE, fn))
        try:
            await fn(self._calls.attempt(), call_next)
        finally:
            current_scope.reset(token)
        if not calls:
            raise Conflict(f"the middleware {hook_name(fn)} never called call_next(): the body was not executed")

    async def _attempt(self, arguments: Arguments) -> None:
        """Hooks and body. Raises what the attempt failed with, for middleware to see."""
        try:
            output = await self._body(arguments)
        except BaseException as error:
            end = completion(error)
            if end is None:
                if self._running.stop is None:
                    await self._fail(error)
                raise
            output = end.output
        await self._succeed(output)

    async def _body(self, arguments: Arguments) -> Any:
        await self._calls.start_attempt()
        self._calls.context = copy_context()
        token = current_scope.set(self._running.scope)
        try:
            return await self._run_body(*arguments)
        finally:
            current_scope.reset(token)

    async def _succeed(self, output: Any) -> None:
        self._outcome = succeeded(self._running, output)
        if isinstance(self._outcome, Failed):
            await self._calls.failed(InvalidPayload(self._outcome.error.message), self._outcome.error)
        else:
            await self._calls.succeeded(output)

    async def _fail_unless_stopped(self, error: BaseException) -> None:
        try:
            await self._fail(error)
        except BaseException as stop:  # noqa: BLE001 - a hook was stopped, or asked for the end of the process
            if self._running.stop is None:
                self._outcome = failed(self._running, stop, self._random)

    async def _fail(self, error: BaseException) -> None:
        self._reached = error
        verdict = None
        if isinstance(error, Exception):
            try:
                verdict = await self._calls.verdict_on(error)
            except Exception as other:  # noqa: BLE001 - what `catch_error` raises takes the error's place
                other.__context__ = other.__context__ or error
                error = other
        outcome = failed(self._running, error, self._random, verdict=verdict)
        self._outcome = outcome
        if isinstance(outcome, Failed) and outcome.retry_in_ms is None:
            shown = error if verdict is None or verdict.error is None else verdict.error
            await self._calls.failed(shown, outcome.error)

    async def last_words(self) -> None:
        """Hooks of a run that ended without its body: when the body is gone."""
        running = self._running
        task = asyncio.current_task()
        while task is not None and task.cancelling():
            # The stop has done its work; the hooks may use time-outs of their own.
            task.uncancel()
        if running.stop is Stopping.CANCEL and running.canceled:
            await self._calls.canceled()
        elif running.stop is Stopping.TIME_OUT:
            await self._calls.timed_out(TimeoutError(timed_out(running).error.message))


def _named(running: Running, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by the names of the task's parameters."""
    return dict(running.task.signature.inspected.bind(*args, **kwargs).arguments)
