"""An isolated run that waits: its process goes, at the latest when the run is woken."""

from __future__ import annotations

from typing import Any

import pytest

from runcast.sdk.task import TaskDefinition
from tests.worker import isolated
from tests.worker.world import World


@pytest.mark.parametrize("waiting", [isolated.patient, isolated.ticking])
async def test_a_woken_isolated_run_goes_on_whatever_keeps_its_process(waiting: TaskDefinition[..., Any]) -> None:
    async with World(isolated.registry) as world:
        assert await world.output(waiting, 1) == 2
