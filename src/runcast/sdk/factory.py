"""The task factory: every asyncio task that a body creates gets a scope of its own, by name and occurrence."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Generator
from contextvars import Context, copy_context
from types import FrameType
from typing import Any, TypeVar

from runcast.sdk.contained import Contained
from runcast.sdk.scope import Scope, current_scope

T = TypeVar("T")

_WAIT_FOR = asyncio.wait_for.__code__
_WAIT_FOR_DEPTH = 6
"""Frames between `wait_for` and the factory: `ensure_future`, `_ensure_future`, `create_task`."""


def task_factory(
    loop: asyncio.AbstractEventLoop,
    coro: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
    *,
    context: Context | None = None,
    **options: Any,
) -> asyncio.Task[Any]:
    """For `loop.set_task_factory`. Tasks outside of any run are made as usual."""
    parent = current_scope.get() if context is None else context.get(current_scope)
    if parent is None or _is_body(parent):
        return asyncio.Task(coro, loop=loop, context=context, **options)
    # A context that was handed in may serve several tasks, so each gets a copy that holds its own scope.
    context = copy_context() if context is None else context.copy()
    if not _is_wait_for(sys._getframe(1)):  # noqa: SLF001 - the only way to see who creates the task
        context.run(current_scope.set, parent.child(_name(coro)))
    task: asyncio.Task[Any] = asyncio.Task(_contained(coro), loop=loop, context=context, **options)
    parent.execution.register(task)
    return task


def _contained(coro: Any) -> Any:
    return Contained(coro) if isinstance(coro, Coroutine) else coro


def detached(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that belongs to no run, whoever makes it: what it starts lives on when the run ends."""
    context = copy_context()
    context.run(current_scope.set, None)
    return asyncio.get_running_loop().create_task(work, context=context)


def _is_body(scope: Scope) -> bool:
    """The task that is to run the body itself, made by the worker in a context that already holds the root scope."""
    return scope.trial is None and scope.execution.root is None and not scope.execution.threaded


def _name(coro: Any) -> str:
    name: str = getattr(coro, "__qualname__", type(coro).__name__)
    if name.endswith("_wrap_awaitable"):
        # The wrapper that `ensure_future` puts around an awaitable is named differently by each version of Python.
        return "await"
    return name


def _is_wait_for(frame: FrameType | None) -> bool:
    """True for the task that `asyncio.wait_for` makes of its argument, always on Python 3.11 and for a timeout
    of zero on later ones: the body sees one call, so the scope stays the caller's."""
    for _ in range(_WAIT_FOR_DEPTH):
        if frame is None:
            return False
        if frame.f_code is _WAIT_FOR:
            return True
        if not frame.f_globals.get("__name__", "").startswith("asyncio."):
            return False
        frame = frame.f_back
    return False
