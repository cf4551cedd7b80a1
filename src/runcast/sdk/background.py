"""Work that a run must not end before, and that its body does not wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from threading import get_ident
from typing import Any

from runcast.domain.errors import InvalidInput, NotDurableHere
from runcast.sdk import logger
from runcast.sdk.execution import Execution
from runcast.sdk.failures import error_info
from runcast.sdk.scope import current_scope


def start(work: Coroutine[Any, Any, Any]) -> None:
    """Begin `work` as a branch of the body that runs here; the run's end waits for it."""
    if not isinstance(work, Coroutine):
        raise InvalidInput(f"background() takes a coroutine, such as that of an `async def` function; got {work!r}")
    scope = current_scope.get()
    if scope is None or scope.trial is not None or get_ident() != scope.execution.host.thread_id:
        work.close()
        raise NotDurableHere("background() is for the body of an `async def` task: not for its steps, nor for threads")
    execution = scope.execution
    if execution.background is None:
        execution.background = []
    guarded: Any = _guarded(work)
    # Its durable calls are named after the work, not after what surrounds it.
    guarded.__qualname__ = getattr(work, "__qualname__", guarded.__qualname__)
    execution.background.append(execution.host.loop.create_task(guarded))


async def _guarded(work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - the contract: what it raises changes nothing for the run
        logger.error(f"background work failed: {type(error).__name__}: {error}", stack=error_info(error).stack)


async def settle(execution: Execution) -> None:
    """Wait until all of it has ended, or the execution was stopped: then it is canceled with the rest."""
    while execution.stop is None:
        left = [task for task in execution.background or () if not task.done()]
        if not left:
            return
        try:
            await asyncio.wait(left)
        except asyncio.CancelledError:
            # A stop, which the loop looks for. Whoever else cancels this task has come too late: the body has ended.
            continue
