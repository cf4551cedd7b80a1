"""Calls the hooks of one run, each in a scope of its own, on the loop or on a thread."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context, copy_context
from functools import partial
from threading import get_ident
from typing import Any

from runcast.domain.errors import ErrorInfo
from runcast.domain.run import RunStatus
from runcast.sdk import locals as run_locals
from runcast.sdk import logger
from runcast.sdk.failures import error_info
from runcast.sdk.hooks import (
    CANCEL_S,
    Around,
    Attempt,
    Completion,
    Failure,
    HookKind,
    Success,
    Verdict,
    Waited,
    Waiting,
    hook_name,
    is_async,
)
from runcast.sdk.info import RunInfo, run_info
from runcast.sdk.result import Failed, Ok
from runcast.sdk.scope import HookScope, Scope, current_scope
from runcast.worker.running import Running
from runcast.worker.thread_end import in_step_thread

_NOTICE = (
    "in a hook {kind}, which runs as often as the run happens to wait, so that nothing in it has a place in the journal: "
    "make the call in the body"
)


class HookCalls:
    """The hooks of one execution. What they raise is logged, where their contract says so."""

    def __init__(self, running: Running, around: Around) -> None:
        self._running = running
        self._around = around
        self.arguments: dict[str, Any] = {}
        self.context: Context | None = None
        """That of the body, with what middleware has set in it."""
        self._taken: dict[str, int] = {}
        self._notices: dict[HookKind, HookScope] = {}
        self.run: RunInfo = run_info(running)

    def of(self, kind: HookKind) -> list[Callable[..., Any]]:
        return self._around.of(kind)

    # --- around the body

    def scope_of(self, kind: HookKind, fn: Callable[..., Any]) -> HookScope:
        """A hook's place in the journal. Middleware is a part of the body; the others belong to their attempt."""
        attempt = "" if kind is HookKind.MIDDLEWARE else f"@{self._running.assignment.attempt}"
        path = f"/hook:{kind}{attempt}:{hook_name(fn)}"
        number = self._taken[path] = self._taken.get(path, 0) + 1
        path = path if number == 1 else f"{path}#{number}"
        return HookScope(self._running, path, thread_id=self._running.host.thread_id)

    def attempt(self) -> Attempt:
        """What middleware is told; the arguments are there once the payload is read."""
        return Attempt(self.run, self.arguments)

    async def start_attempt(self) -> None:
        """May raise."""
        event = self.attempt()
        for fn in self.of(HookKind.START_ATTEMPT):
            await self._call(self.scope_of(HookKind.START_ATTEMPT, fn), fn, event)

    async def verdict_on(self, error: BaseException) -> Verdict | None:
        """What the first `catch_error` with an opinion says; may raise."""
        event = Failure(self.run, self.arguments, error)
        for fn in self.of(HookKind.CATCH_ERROR):
            verdict = await self._call(self.scope_of(HookKind.CATCH_ERROR, fn), fn, event)
            if verdict is not None:
                if not isinstance(verdict, Verdict):
                    raise TypeError(f"catch_error returns a Verdict or None; {hook_name(fn)} returned {verdict!r:.80}")
                return verdict
        return None

    async def succeeded(self, output: Any) -> None:
        await self._tell(HookKind.SUCCESS, Success(self.run, self.arguments, output))
        await self._tell(HookKind.COMPLETE, Completion(self.run, self.arguments, Ok(output, self.run.id)))

    async def failed(self, error: BaseException, info: ErrorInfo, status: RunStatus = RunStatus.FAILED) -> None:
        await self._tell(HookKind.FAILURE, Failure(self.run, self.arguments, error))
        result = Failed(info, self.run.id, status)
        await self._tell(HookKind.COMPLETE, Completion(self.run, self.arguments, result))

    async def _tell(self, kind: HookKind, event: Attempt) -> None:
        for fn in self.of(kind):
            await self._call_safely(self.scope_of(kind, fn), kind, fn, event)

    # --- when it waits

    def announce(self, keys: Sequence[str]) -> Awaitable[None]:
        """`on_wait`, about the waits as they are now."""
        return self._notify(HookKind.WAIT, Waiting(self.run, self.arguments, tuple(self._waited(keys))))

    async def resume(self) -> None:
        """`on_resume`."""
        await self._notify(HookKind.RESUME, self.attempt())

    def _waited(self, keys: Sequence[str]) -> list[Waited]:
        known = self._running.journal | {new.entry.key: new.entry for new in self._running.entries}
        entries = (known.get(key) for key in keys)
        return [Waited(entry.kind, entry.name, entry.awaits, entry.due_at) for entry in entries if entry is not None]

    async def _notify(self, kind: HookKind, event: Attempt) -> None:
        scope = self._notices.get(kind)
        if scope is None:
            # Each notice is a new one, also after an eviction: its effects follow those that are applied.
            running, path = self._running, f"/hook:{kind}"
            refusal = _NOTICE.format(kind=kind)
            scope = HookScope(running, path, thread_id=running.host.thread_id, refusal=refusal)
            scope.effects = running.assignment.applied.get(path, 0)
            self._notices[kind] = scope
        # A task with a context of its own: whoever runs this serves other runs too.
        context = (self.context or copy_context()).copy()
        context.run(current_scope.set, None)
        await self._running.host.loop.create_task(self._notify_all(scope, kind, event), context=context)

    async def _notify_all(self, scope: HookScope, kind: HookKind, event: Attempt) -> None:
        for fn in self.of(kind):
            await self._call_safely(scope, kind, fn, event)

    # --- when it is over

    async def canceled(self) -> None:
        """`on_cancel`, outside of the run: it is final, and nothing can be recorded."""
        await self._late(HookKind.CANCEL, self.attempt())

    async def timed_out(self, error: BaseException) -> None:
        """`on_failure` and `on_complete` of a run that is `TIMED_OUT` already."""
        await self._late(HookKind.FAILURE, Failure(self.run, self.arguments, error))
        result = Failed(error_info(error), self.run.id, RunStatus.TIMED_OUT)
        await self._late(HookKind.COMPLETE, Completion(self.run, self.arguments, result))

    async def _late(self, kind: HookKind, event: Attempt) -> None:
        token = run_locals.outside.set(self._running.locals)
        try:
            async with asyncio.timeout(CANCEL_S):
                for fn in self.of(kind):
                    await self._call_safely(None, kind, fn, event)
        except TimeoutError:
            logger.error(f"the {kind} hooks of run {self.run.id} took longer than {CANCEL_S:g} s and were stopped")
        finally:
            run_locals.outside.reset(token)

    # --- one hook

    async def _call_safely(self, scope: Scope | None, kind: HookKind, fn: Callable[..., Any], event: Attempt) -> None:
        try:
            await self._call(scope, fn, event)
        except Exception as error:  # noqa: BLE001 - the contract of these hooks: what they raise changes nothing
            if self._running.stop is None or scope is None:
                token = current_scope.set(scope)
                logger.error(
                    f"the {kind} hook {hook_name(fn)} failed: {type(error).__name__}: {error}",
                    stack=error_info(error).stack,
                )
                current_scope.reset(token)

    async def _call(self, scope: Scope | None, fn: Callable[..., Any], event: Attempt) -> Any:
        token = current_scope.set(scope)
        try:
            if is_async(fn):
                return await fn(event)
            if scope is None:
                value = await self._running.host.in_thread(partial(copy_context().run, fn, event))
            else:
                value = await self._in_thread(scope, partial(fn, event))
            return await value if inspect.isawaitable(value) else value
        finally:
            current_scope.reset(token)

    async def _in_thread(self, scope: Scope, work: Callable[[], Any]) -> Any:
        """On a thread whose durable calls belong to the hook, and which may block on them."""
        assert isinstance(scope, HookScope)
        running = self._running

        def owned() -> Any:
            scope.thread_id = get_ident()
            return work()

        running.busy += 1
        try:
            return await in_step_thread(running, partial(copy_context().run, owned))
        finally:
            running.busy -= 1
            scope.thread_id = running.host.thread_id
