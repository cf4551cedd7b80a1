"""Does every branch of a body wait, for the engine or for another branch? Then, and only then, the run waits.

A branch that waits for something else (its own I/O, a timer of asyncio, a thread) goes on by itself. A run that was
taken from memory in such a moment would lose that work, and hang if the rest waits for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from runcast.sdk.waiters import EngineWait

if TYPE_CHECKING:
    from runcast.sdk.execution import Execution

_SYNCHRONISATION = frozenset({"asyncio.locks", "asyncio.queues", "asyncio.taskgroups", "asyncio.tasks"})
_SLEEP = asyncio.sleep.__code__
_Gathering: Any = asyncio.tasks._GatheringFuture  # type: ignore[attr-defined]  # noqa: SLF001


def is_quiet(execution: Execution) -> bool:
    """True if nothing of the body goes on by itself. Called only while something waits for the engine."""
    branches: set[asyncio.Task[Any]] = execution.tasks or set()
    root = execution.root
    if root is not None and not _waits(root, branches):
        return False
    return all(_waits(task, branches) for task in branches)


def _waits(task: asyncio.Task[Any], branches: set[asyncio.Task[Any]]) -> bool:
    awaited: Any = task._fut_waiter  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
    kind = type(awaited)
    if isinstance(awaited, EngineWait):
        return not awaited.done()
    if awaited is None:
        # It is about to run, or it has ended and whoever gathers it has not heard: either way something goes on.
        return False
    if awaited.done():
        return False
    if kind is _Gathering:
        return all(child in branches or child.done() for child in awaited._children)  # noqa: SLF001
    return awaited in branches or _waits_for_branch(task)


def _waits_for_branch(task: asyncio.Task[Any]) -> bool:
    """True if the innermost coroutine is a lock, queue or group of asyncio: only another branch ends that."""
    coro: Any = task.get_coro()
    innermost = None
    while coro is not None:
        # At the end of the chain stands the future's own iterator, which has no frame.
        innermost = (
            getattr(coro, "cr_frame", None)
            or getattr(coro, "ag_frame", None)
            or getattr(coro, "gi_frame", None)
            or innermost
        )
        coro = getattr(coro, "cr_await", None) or getattr(coro, "ag_await", None) or getattr(coro, "gi_yieldfrom", None)
    if innermost is None or innermost.f_code is _SLEEP:
        return False
    return innermost.f_globals.get("__name__") in _SYNCHRONISATION
