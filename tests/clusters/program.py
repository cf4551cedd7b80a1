"""A worker to kill: `python program.py DATABASE SCHEDULER PORT` tells its run, which hangs on the cluster."""

from __future__ import annotations

import asyncio
import sys

from runcast import offload
from tests.offload import bodies
from tests.worker.world import World


async def serve(database: str, scheduler: str, port: str) -> None:
    offload.use("dask", offload.Dask(scheduler))
    async with World(bodies.registry, database=database) as world:
        run_id = await world.trigger(bodies.call, "hang", [port], "dask")
        print(run_id, flush=True)
        await world.result(run_id)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
