"""The same program gives the same journal keys on every Python, whether its coroutine stays in memory or not.

`python -m tests.golden.test_journals` writes the files anew; a change of a key breaks runs that are in flight.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from runcast.domain.run import RunStatus
from runcast.sdk.task import TaskDefinition
from tests.golden.programs import registry
from tests.worker.world import World

HERE = Path(__file__).parent
PROGRAMS = [definition for definition in registry if definition.name != "leaf"]


async def record(program: TaskDefinition[..., Any], *, evict_after_ms: int) -> dict[str, Any]:
    """What a run of `program` left: its output and its entries, by key."""
    async with World(registry, evict_after_ms=evict_after_ms) as world:
        run_id = await world.trigger(program)
        run = await world.result(run_id)
        assert run.status is RunStatus.COMPLETED, run.error
        journal = await world.journal(run_id)
        entries = {key: [entry.kind, entry.name, entry.value] for key, entry in sorted(journal.items())}
    for entry in entries.values():
        if entry[0] in ("value", "trigger"):
            entry[2] = None
    return {"output": json.loads(run.output or "null"), "entries": entries}


@pytest.mark.parametrize("evict_after_ms", [0, 60_000])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
async def test_the_journal_is_the_golden_one(program: TaskDefinition[..., Any], evict_after_ms: int) -> None:
    golden = json.loads((HERE / f"{program.name}.json").read_text())
    assert await record(program, evict_after_ms=evict_after_ms) == golden


def write() -> None:
    """Write the golden files from this interpreter."""
    for program in PROGRAMS:
        found = asyncio.run(record(program, evict_after_ms=60_000))
        (HERE / f"{program.name}.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    write()
