"""What an execution asks of the worker that drives it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from runcast.domain.run import Run

if TYPE_CHECKING:
    from runcast.sdk.execution import Execution

T = TypeVar("T")


class Host(Protocol):
    """The worker, as executions see it."""

    loop: asyncio.AbstractEventLoop
    thread_id: int
    random: Random

    def now_ms(self) -> int:
        """Engine time."""
        ...

    def changed(self, execution: Execution) -> None:
        """The execution has something to report, or may have begun to wait. On the loop."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None], /) -> None:
        """Run something for an execution outside of its body."""
        ...

    async def members(self, batch_id: str) -> Sequence[Run]:
        """The runs of a batch, by position."""
        ...

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run a step's `def` function on a thread."""
        ...
