"""Awaiting a thread that is a part of a run: its end, and nothing else, ends the wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runcast.sdk.waiters import EngineWait
from runcast.worker.running import Running

Ended = tuple[Any, BaseException | None]
"""What a thread returned, or raised."""


class ThreadEnd(EngineWait):
    """Done when the thread is. A cancel takes effect only then: a thread cannot be ended, and its run is not over
    before it is. For the question whether a body waits it counts as the thread does: as work while that is busy."""

    ended: Ended = (None, None)

    def cancel(self, msg: Any | None = None) -> bool:
        """Refused; asyncio cancels the waiting task when this is done."""
        return False

    def end(self, ended: Ended) -> None:
        """The thread is gone."""
        if not self.done():
            self.ended = ended
            self.set_result(None)

    async def outcome(self, running: Running) -> Any:
        """What the thread returned; raises what it raised."""
        try:
            await self
        finally:
            running.raise_if_evicted()
        value, error = self.ended
        if error is not None:
            raise error
        return value


async def in_step_thread(running: Running, work: Callable[[], Any]) -> Any:
    """Run `work` on one of the threads that steps use."""
    end = ThreadEnd(loop=running.host.loop)
    running.host.spawn(_feed(running, work, end))
    return await end.outcome(running)


async def _feed(running: Running, work: Callable[[], Any], end: ThreadEnd) -> None:
    try:
        end.end(await running.host.in_thread(lambda: caught(work)))
    finally:
        end.end((None, RuntimeError("the worker stopped")))


def caught(work: Callable[[], Any]) -> Ended:
    """What `work` returned, or raised: a future refuses a `StopIteration`."""
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - raised again on the loop
        return None, error
