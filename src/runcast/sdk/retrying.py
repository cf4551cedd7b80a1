"""`retrying`: try a block again in place, while the rest of the body stands."""

from __future__ import annotations

import inspect
import random as _random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, overload

from runcast.domain.errors import InvalidInput
from runcast.domain.retry import Retry
from runcast.sdk.call import Call
from runcast.sdk.control import AbortRun
from runcast.sdk.execution import current_execution
from runcast.sdk.pauses import step_pause
from runcast.sdk.scope import current_scope
from runcast.sdk.wait import sleep

P = ParamSpec("P")
T = TypeVar("T")

IN_PLACE_MS = 5_000
"""A shorter pause is slept in memory; a longer one is a durable sleep, which holds no slot and survives a restart."""

Errors = type[Exception] | tuple[type[Exception], ...]


@overload
def retrying(fn: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def retrying(
    *, retry: Retry | None = None, on: Errors = Exception, unless: Errors = ()
) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def retrying(
    fn: Callable[..., Any] | None = None,
    /,
    *,
    retry: Retry | None = None,
    on: Errors = Exception,
    unless: Errors = (),
) -> Any:
    """Call a function again when it raises: 3 attempts, 1 s doubling up to 60 s, unless `retry` says otherwise.

    `@retrying`, `@retrying(retry=Retry(max_attempts=5), on=ConnectionError)`, or `retrying(retry=…)(fn)(*arguments)`.
    The last error is raised. `AbortRun`, and what is listed in `unless`, is raised at once.

    In a body the block may make durable calls: what failed is asked for again, and a pause over 5 s is a durable sleep.
    In a step, or outside of a run, pauses are ordinary ones. For one call whose result is to be kept, a step's own
    `retry` does more with less.

    >>> @retrying(retry=Retry(max_attempts=5), on=ConnectionError)  # doctest: +SKIP
    ... async def publish(page: str) -> None: ...
    """
    if fn is None:
        return lambda inner: _Retried(inner, retry or Retry(), on, unless).wrapper()
    return _Retried(fn, retry or Retry(), on, unless).wrapper()


class _Retried:
    def __init__(self, fn: Callable[..., Any], retry: Retry, on: Errors, unless: Errors) -> None:
        if not callable(fn):
            raise InvalidInput(f"retrying needs a function, got {fn!r}: write retrying(fn)(arguments)")
        self._fn = fn
        self._name = str(getattr(fn, "__qualname__", type(fn).__qualname__))
        self._retry = retry
        self._on = on
        self._unless = unless if isinstance(unless, tuple) else (unless,)

    def wrapper(self) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(self._fn):

            @wraps(self._fn)
            async def attempts(*args: Any, **kwargs: Any) -> Any:
                return await self._attempts(args, kwargs)

            return attempts

        @wraps(self._fn)
        def blocking_attempts(*args: Any, **kwargs: Any) -> Any:
            return self._blocking_attempts(args, kwargs)

        return blocking_attempts

    async def _attempts(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        attempt = 1
        while True:
            try:
                return await self._fn(*args, **kwargs)
            except self._on as error:
                if self._gives_up(attempt, error):
                    raise
            pause_ms, durable = self._pause(attempt)
            await (step_pause.get()(pause_ms / 1000) if durable is None else durable)
            attempt += 1

    def _blocking_attempts(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        attempt = 1
        while True:
            try:
                return self._fn(*args, **kwargs)
            except self._on as error:
                if self._gives_up(attempt, error):
                    raise
            pause_ms, durable = self._pause(attempt)
            if durable is None:
                time.sleep(pause_ms / 1000)
            else:
                durable.result()
            attempt += 1

    def _gives_up(self, attempt: int, error: Exception) -> bool:
        return attempt >= self._retry.max_attempts or isinstance(error, (AbortRun, InvalidInput, *self._unless))

    def _pause(self, attempt: int) -> tuple[int, Call[None] | None]:
        """How long, and a durable sleep of that length where it is worth one."""
        execution = current_execution()
        if execution is None:
            return self._retry.delay_ms(attempt, roll=_random.random()), None
        pause_ms = self._retry.delay_ms(attempt, roll=execution.host.random.random())
        # Not by the length itself: whether there is a durable call must not be a matter of chance.
        if self._retry.delay_ms(attempt, roll=0.0) < IN_PLACE_MS or not _may_wait():
            return pause_ms, None
        # Under a name of its own: a block that fails less often when it is executed again moves no other sleep's key.
        return pause_ms, sleep(execution, due_in_ms=pause_ms, name=f"retry {self._name}")


def _may_wait() -> bool:
    scope = current_scope.get()
    return scope is not None and scope.trial is None and scope.refusal is None
