"""One seed: make its world, let it live, look at what is left."""

from __future__ import annotations

import tempfile
from pathlib import Path

from msgspec.structs import replace

from runcast.socket_server import served
from tests.sim.databases import Database, PostgresSchema, SqliteFile
from tests.sim.loop import Stuck, VirtualLoop, run_virtual
from tests.sim.neighborhood import Neighborhood
from tests.sim.network import ProcessEnd
from tests.sim.programs import Generator
from tests.sim.verify import verify
from tests.sim.world import Setting, World, make_setting

FOREVER_MS = 10**12
EVICT_AFTER_MS = (0, FOREVER_MS)
_MEMORY = Path("/dev/shm")


def setting_of(seed: int, evict_after_ms: int) -> Setting:
    return make_setting(seed, Generator(seed).roots(), evict_after_ms=evict_after_ms)


def run_seed(seed: int, evict_after_ms: int, schema: PostgresSchema | None = None) -> list[str]:
    """What went wrong in this seed: nothing, if all is well. It lives in a file, or in `schema`, there with a second
    engine in every other seed."""
    return run_setting(setting_of(seed, evict_after_ms), schema, neighbors=seed % 2 == 1)


def run_setting(setting: Setting, schema: PostgresSchema | None = None, *, neighbors: bool = False) -> list[str]:
    if schema is not None:
        schema.empty()
        # Where many engines share a database, its clock is theirs.
        kind = Neighborhood if neighbors else World
        return _run_with_network(replace(setting, jumps_ms=()), schema, kind)
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as directory:
        return _run_with_network(setting, SqliteFile(Path(directory) / f"{setting.seed}.db"), World)


def _run_with_network(setting: Setting, database: Database, kind: type[World]) -> list[str]:
    kernel = vars(served)
    real, kernel["ProcessEnd"] = kernel["ProcessEnd"], ProcessEnd
    try:
        return _run(setting, database, kind)
    finally:
        kernel["ProcessEnd"] = real


def _run(setting: Setting, database: Database, kind: type[World]) -> list[str]:
    async def main(loop: VirtualLoop) -> list[str]:
        world = kind(loop, setting, database)
        try:
            await world.live()
            faults = world.failures + world.follower.faults
            return faults or verify(
                database, setting.programs, setting.schedules, setting.plan.programs if setting.plan else ()
            )
        finally:
            world.end()

    try:
        failures: list[str] = run_virtual(setting.seed, main)
    except Stuck as error:
        return [str(error)]
    return failures


def replay(seed: int, evict_after_ms: int, failures: list[str], schema: PostgresSchema | None = None) -> str:
    """What to print for a seed that failed."""
    shown = "\n  ".join(failures[:10])
    return (
        f"seed {seed} with evict_after {'0' if evict_after_ms == 0 else 'never'} failed:\n  {shown}\n"
        f"replay it with: make {'sim' if schema is None else 'sim-postgres'} SEEDS=1 OFFSET={seed}"
    )
