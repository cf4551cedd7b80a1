"""A process of the chaos test.

python -m tests.e2e.chaos_process engine|worker DATABASE
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from runcast.engine.engine import EngineSettings
from runcast.sdk.registry import registry
from runcast.sdk.remote import RemoteWorkerGateway
from runcast.server import Server, ServerConfig
from runcast.wire import socket_path
from runcast.worker.link import Link
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker

LEASE_MS = 2_000
RENEW_MS = 400


async def engine(database: Path) -> None:
    """Serve until killed."""
    settings = EngineSettings(lease_ms=LEASE_MS, renew_ms=RENEW_MS)
    async with Server(ServerConfig(database=str(database), engine=settings)):
        await asyncio.Event().wait()


async def worker(database: Path) -> None:
    """Execute until killed, or asked to stop."""
    import tests.e2e.chaos_app  # noqa: F401 registers its tasks

    settings = WorkerSettings(evict_after_ms=200, async_capacity=30, grace_ms=100)
    async with Link(RemoteWorkerGateway(socket_path(database))) as link:
        worker = Worker(link, registry, settings, heartbeat=link.heartbeat)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        await worker.run()


if __name__ == "__main__":
    asyncio.run({"engine": engine, "worker": worker}[sys.argv[1]](Path(sys.argv[2])))
