"""A process of the chaos test on PostgreSQL: an engine, and a worker inside it unless it is a server.

python -m tests.e2e.chaos_postgres_process server|worker URL SKEW_MS

It logs beside the ledger.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from runcast.clock import SystemClock
from runcast.domain.errors import Unavailable
from runcast.engine.engine import EngineSettings
from runcast.sdk.registry import registry
from runcast.server import Server, ServerConfig
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings
from tests.e2e.chaos import LEDGER

PARTS = 8
"""Of each stream."""
LEASE_MS = 10_000
"""More than the database needs to cut off an engine that stands still within a turn."""
RENEW_MS = 1_000


class SkewedClock(SystemClock):
    """The clock of a machine that is wrong."""

    def __init__(self, skew_ms: int) -> None:
        super().__init__()
        self._skew_ms = skew_ms

    def now_ms(self) -> int:
        return super().now_ms() + self._skew_ms


async def main(role: str, url: str, skew_ms: int) -> None:
    """Serve until killed, or asked to stop."""
    logging.basicConfig(
        filename=f"{os.environ[LEDGER]}.{role}{os.getpid()}.log", level=logging.INFO, format="%(asctime)s %(message)s"
    )
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    clock = SkewedClock(skew_ms)
    server = Server(ServerConfig(database=url, engine=EngineSettings(lease_ms=LEASE_MS, renew_ms=RENEW_MS)), clock)
    while True:
        try:
            await server.start()
            break
        except Unavailable:
            # What a supervisor would do.
            await asyncio.sleep(0.1)
    if role == "worker":
        worker = await _embedded(server, clock)
        await stopped.wait()
        worker.stop(grace_ms=100)
        await worker.joined()
    else:
        await stopped.wait()
    await server.stop()


async def _embedded(server: Server, clock: SystemClock) -> EmbeddedWorker:
    import tests.e2e.chaos_postgres_app  # noqa: F401 registers its tasks

    settings = WorkerSettings(evict_after_ms=200, async_capacity=30)
    while True:
        worker = EmbeddedWorker(server.engine, registry, settings, clock=clock)
        worker.start()
        try:
            await worker.opened()
        except Unavailable:
            await asyncio.sleep(0.1)
        else:
            return worker


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
