"""How a step waits between two of its tries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

step_pause: ContextVar[Callable[[float], Awaitable[object]]] = ContextVar("runcast_step_pause", default=asyncio.sleep)
"""Takes seconds. Tests set one that takes no time: what waits for the engine follows the engine's clock, this does not."""
