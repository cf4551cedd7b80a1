"""An engine with a worker for the demo's tasks, in this process: what `runcast dev` is for an app of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from runcast import Client
from runcast.sdk.registry import registry
from runcast.server import Server, ServerConfig
from runcast.worker.embedded import EmbeddedWorker

GRACE_MS = 2_000
"""What look-ups under way get to finish when somebody stops the demo; what is not done goes on with the next one."""


@asynccontextmanager
async def engine_in_process(database: Path) -> AsyncIterator[Client]:
    """A client of an engine that owns `database` and executes the tasks that this process imported.

    Raises `DatabaseLocked` while another process owns the file.
    """
    async with Server(ServerConfig(database=str(database))) as server:
        worker = EmbeddedWorker(server.engine, registry)
        worker.start()
        try:
            await worker.opened()
            yield Client(gateway=server.engine)
        finally:
            worker.stop(grace_ms=GRACE_MS)
            await worker.joined()
