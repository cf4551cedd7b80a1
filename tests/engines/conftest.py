"""Two engines on one schema; when the test is over, every law of the doctor holds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from runcast.clock import ManualClock
from tests.engines.pair import Neighbor

Pair = tuple[Neighbor, Neighbor]


@pytest.fixture
async def pair(postgres: str) -> AsyncIterator[Pair]:
    clock = ManualClock()
    a, b = (Neighbor(postgres, number, clock) for number in (1, 2))
    await a.engine.start()
    await b.engine.start()
    try:
        yield a, b
        await a.quiet()
        await b.quiet()
        assert await a.findings() == []
    finally:
        a.store.close()
        b.store.close()
