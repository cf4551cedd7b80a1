"""A heartbeat ends when it is told to, whatever happens in the same moment."""

from __future__ import annotations

import asyncio

import pytest

from runcast.clock import SystemClock
from runcast.gateway import Welcome
from runcast.worker.heartbeat import Heartbeat


class CancelledAsItAnswers:
    """A session that answers the renewal, and whose heartbeat is canceled before it sees the answer."""

    def __init__(self) -> None:
        self.welcome = Welcome(now_ms=0, lease_ms=60_000, renew_ms=0)
        self.heartbeat: asyncio.Task[None] | None = None
        self.renewed = 0

    async def renew(self) -> Welcome:
        self.renewed += 1
        assert self.heartbeat is not None
        if self.renewed == 1:
            asyncio.get_running_loop().call_soon(self.heartbeat.cancel)
        return self.welcome


async def test_it_ends_when_it_is_canceled_in_the_moment_of_an_answer() -> None:
    session = CancelledAsItAnswers()
    pulse = Heartbeat(session, SystemClock(), lambda offset: None)  # type: ignore[arg-type]
    session.heartbeat = asyncio.create_task(pulse.run())
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.shield(session.heartbeat), 10)
    assert session.renewed == 1
