"""Hooks: functions around the bodies of one task, or of all, that the worker calls as a run goes its way.

A decorator method registers one: `@enrich.on_failure` for a task, `@tasks.on_failure` for all. Each takes one event and
may be `async def` or `def` (then it runs on a thread); middleware takes `call_next` too and is `async def`. Global hooks
come first, in the order of registration, then the task's; only `catch_error` asks the task's first.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec

from runcast.domain.errors import InvalidInput
from runcast.domain.retry import Retry
from runcast.sdk.durations import Duration, duration_ms, instant_ms
from runcast.sdk.info import RunInfo
from runcast.sdk.result import Failed, Ok

R = TypeVar("R")
E = TypeVar("E")

CANCEL_S = 30.0
"""How long the `on_cancel` hooks of a run may take together."""


class HookKind(StrEnum):
    """In the order in which they come."""

    MIDDLEWARE = "middleware"
    START_ATTEMPT = "on_start_attempt"
    WAIT = "on_wait"
    RESUME = "on_resume"
    CATCH_ERROR = "catch_error"
    SUCCESS = "on_success"
    FAILURE = "on_failure"
    COMPLETE = "on_complete"
    CANCEL = "on_cancel"


class Attempt(msgspec.Struct, frozen=True):
    """What every hook is told: the run, and the arguments of its task by name.

    `arguments` is empty when the payload did not fit the task.
    """

    run: RunInfo
    arguments: dict[str, Any]


class Success(Attempt, Generic[R], frozen=True):
    """The body returned `output`."""

    output: R


class Failure(Attempt, frozen=True):
    """An attempt failed with `error`. In `on_failure` it was the last one; in `catch_error` that is open."""

    error: BaseException


class Completion(Attempt, Generic[R], frozen=True):
    """The run ended: `result` is `Ok` or `Failed`, as a caller of `trigger_and_wait` sees it."""

    result: Ok[R] | Failed


class Waited(msgspec.Struct, frozen=True):
    """One thing that the run waits for."""

    kind: str
    """`sleep`, `child`, `batch`, `token`, `result` …: the kind of the journal entry."""
    name: str
    """The task of a child; "" where there is none."""
    id: str | None
    """The run, batch or wait."""
    due_at: int | None
    """When a sleep or time-out ends, in milliseconds since the epoch, if that is known."""


class Waiting(Attempt, frozen=True):
    """Every branch of the body waits: `waits` says for what. The run is about to give up its slot."""

    waits: tuple[Waited, ...]


class Verdict(msgspec.Struct, frozen=True):
    """What `catch_error` decided; what is not given stays as it would be.

    >>> Verdict(retry_in="5m").delay_ms(now_ms=0)
    300000
    """

    skip_retrying: bool = False
    """Fail the run now."""
    retry_at: datetime | None = None
    """When the next attempt begins (an aware time)."""
    retry_in: Duration | None = None
    """How long until the next attempt begins."""
    retry: Retry | None = None
    """The policy that decides in place of the task's, also how many attempts there are."""
    error: BaseException | None = None
    """What the run failed with, as people see it."""

    def delay_ms(self, *, now_ms: int) -> int | None:
        """Milliseconds until the next attempt, where the verdict says so."""
        if self.retry_in is not None:
            return duration_ms(self.retry_in, name="retry_in")
        if self.retry_at is not None:
            return max(0, instant_ms(self.retry_at) - now_ms)
        return None


CallNext = Callable[[], Awaitable[None]]
"""Goes on with the next middleware, and at last with the body. Raises what the attempt failed with."""
Middleware = Callable[[Attempt, CallNext], Awaitable[None]]
Hook = Callable[[E], object]
"""A hook for events of type E. What it returns is not used."""
CatchError = Callable[[Failure], Verdict | Awaitable[Verdict | None] | None]


class Hookable(Generic[R]):
    """What hooks can be registered with: a task, or `tasks` for all of them."""

    hooked: bool = False
    """True if anything is registered."""
    _functions: dict[HookKind, list[Callable[..., Any]]] | None = None

    def hooks_of(self, kind: HookKind) -> list[Callable[..., Any]]:
        """The functions registered for `kind`, in order."""
        return [] if self._functions is None else self._functions.get(kind, [])

    def clear_hooks(self) -> None:
        """Forget all of them, before an app is loaded anew."""
        self._functions = None
        self.hooked = False

    def _add(self, kind: HookKind, fn: Callable[..., Any]) -> None:
        if not callable(fn):
            raise InvalidInput(f"{kind} needs a function, got {fn!r}")
        if kind is HookKind.MIDDLEWARE and not is_async(fn):
            raise InvalidInput(f"a middleware is `async def`, around `def` tasks too; {fn!r} is not")
        if self._functions is None:
            self._functions = {}
            self.hooked = True
        self._functions.setdefault(kind, []).append(fn)

    def middleware(self, fn: Middleware) -> Middleware:
        """Wrap every execution: hooks and body happen inside `await call_next()`, which must be called once.

        It runs again whenever the body does. An error it raises fails the attempt.

        >>> @tasks.middleware  # doctest: +SKIP
        ... async def with_database(attempt: hooks.Attempt, call_next: hooks.CallNext) -> None:
        ...     async with connect() as connection:
        ...         DATABASE.set(connection)
        ...         await call_next()
        """
        self._add(HookKind.MIDDLEWARE, fn)
        return fn

    def on_start_attempt(self, fn: Hook[Attempt]) -> Hook[Attempt]:
        """Before the body. An error fails the attempt."""
        self._add(HookKind.START_ATTEMPT, fn)
        return fn

    def on_wait(self, fn: Hook[Waiting]) -> Hook[Waiting]:
        """Before the run gives up its slot to wait. Errors are logged."""
        self._add(HookKind.WAIT, fn)
        return fn

    def on_resume(self, fn: Hook[Attempt]) -> Hook[Attempt]:
        """After a wait that `on_wait` saw, before the body goes on in memory. Errors are logged."""
        self._add(HookKind.RESUME, fn)
        return fn

    def catch_error(self, fn: CatchError) -> CatchError:
        """After an attempt failed: a `Verdict` decides what comes next, None leaves it to the next hook.

        What it raises itself takes the error's place: `raise Friendly(…) from failure.error`.
        """
        self._add(HookKind.CATCH_ERROR, fn)
        return fn

    def on_success(self, fn: Hook[Success[R]]) -> Hook[Success[R]]:
        """After the body returned, before that is recorded. Errors are logged."""
        self._add(HookKind.SUCCESS, fn)
        return fn

    def on_failure(self, fn: Hook[Failure]) -> Hook[Failure]:
        """After the last attempt failed or timed out; not after a cancel or a crash. Errors are logged.

        >>> @enrich.on_failure  # doctest: +SKIP
        ... async def tell(failure: hooks.Failure) -> None:
        ...     await step(mail)("ops@example.com", f"{failure.run.id}: {failure.error}")
        """
        self._add(HookKind.FAILURE, fn)
        return fn

    def on_complete(self, fn: Hook[Completion[R]]) -> Hook[Completion[R]]:
        """After `on_success` or `on_failure`. Errors are logged."""
        self._add(HookKind.COMPLETE, fn)
        return fn

    def on_cancel(self, fn: Hook[Attempt]) -> Hook[Attempt]:
        """After a canceled body has unwound: 30 s for all of them. Errors are logged.

        The run is final by then, so it runs outside of it: what it triggers are runs of their own.
        """
        self._add(HookKind.CANCEL, fn)
        return fn


class Around:
    """The hooks of one run: those of all tasks and those of its own."""

    def __init__(self, everybody: Hookable[Any], own: Hookable[Any]) -> None:
        self._everybody = everybody
        self._own = own

    def of(self, kind: HookKind) -> list[Callable[..., Any]]:
        """In the order in which they are called."""
        if kind is HookKind.CATCH_ERROR:
            return [*self._own.hooks_of(kind), *self._everybody.hooks_of(kind)]
        return [*self._everybody.hooks_of(kind), *self._own.hooks_of(kind)]


def is_async(fn: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(type(fn).__call__)


def hook_name(fn: Callable[..., Any]) -> str:
    """What people see of a hook, and what its records are named by."""
    name: str = getattr(fn, "__qualname__", type(fn).__qualname__)
    return name
