"""A worker with an engine of its own on a database that many share: what `runcast worker` and `--workers` are there.

    python -m runcast.cli.attached --app APP        on the database of the settings

Nothing is between it and the database, so no process is special: whichever is killed, the others go on.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence

import msgspec

from runcast.config import load
from runcast.sdk.registry import registry
from runcast.server import Server, ServerConfig, engine_settings, outgoing_settings
from runcast.settings import Settings
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings
from runcast.worker.started import Readiness, argument_parser, obey, prepare


async def serve_attached(
    settings: Settings,
    worker_settings: WorkerSettings,
    *,
    on_open: Callable[[str | None], None],
    obey: Callable[[EmbeddedWorker], None],
    metrics: tuple[str, int] | None = None,
) -> None:
    """Execute the tasks of this process until stopped. `obey` is handed the worker, to stop it, `on_open` where the
    metrics are.

    Raises `Unavailable` when the database cannot be opened; one that goes away later is waited for.
    """
    config = ServerConfig(
        database=settings.database,
        database_direct=settings.database_direct,
        blobs=settings.blobs,
        engine=engine_settings(settings),
        outgoing=outgoing_settings(settings),
        extensions=settings.extensions,
        metrics=metrics,
        secret=settings.secret,
    )
    async with Server(config) as server:
        worker = EmbeddedWorker(server.engine, registry, worker_settings)
        obey(worker)
        worker.start()
        try:
            await worker.opened()
            on_open(server.metrics_url)
        finally:
            await worker.joined()


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the app and serve until stopped."""
    given = argument_parser("runcast.cli.attached").parse_args(arguments)
    prepare(given)
    settings = msgspec.json.decode(given.settings, type=WorkerSettings)
    ready = Readiness(given.ready_fd)
    asyncio.run(serve_attached(load().settings, settings, on_open=lambda _metrics: ready.tell(), obey=obey))
    return 0


if __name__ == "__main__":
    sys.exit(main())
