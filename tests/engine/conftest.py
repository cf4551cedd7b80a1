"""One `house` for each test of the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.house import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """An engine on a file; when the test is over, every law of the doctor holds."""
    house = House(str(tmp_path / "runcast.db"))
    await house.engine.start()
    yield house
    await house.quiet()
    assert await house.findings() == []
    house.store.close()
