"""Starts work in the task group of a session, all of it in the context that the session began with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any

Spawn = Callable[[Coroutine[Any, Any, None]], None]


def spawner(group: asyncio.TaskGroup) -> Spawn:
    """What starts a coroutine in `group`.

    Work for a group that has ended is dropped: its session has ended too, and the engine takes back what it held.
    """
    context = copy_context()

    def spawn(work: Coroutine[Any, Any, None]) -> None:
        try:
            group.create_task(work, context=context)
        except RuntimeError:
            work.close()

    return spawn
