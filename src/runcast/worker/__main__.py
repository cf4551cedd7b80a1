"""A worker process: `python -m runcast.worker --app APP --socket PATH`. Started and watched by `--workers` of a server.

It reaches the engine through the socket beside the database, so it needs no access to the file. Connection and lease are
kept on a thread of their own: a body that blocks the event loop delays its neighbours, and nothing worse.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from runcast.worker.process import serve
from runcast.worker.settings import WorkerSettings
from runcast.worker.started import Readiness, argument_parser, obey, prepare

RECYCLE = 75
"""Exit code of a worker that asks to be started anew, because threads of its are stuck."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the app and serve until stopped."""
    parser = argument_parser("runcast.worker")
    parser.add_argument("--socket", required=True, type=Path, help="the engine's socket")
    given = parser.parse_args(arguments)
    prepare(given)
    settings = msgspec.json.decode(given.settings, type=WorkerSettings)
    ready = Readiness(given.ready_fd)
    recycle = asyncio.run(serve(given.socket, settings, on_open=lambda _session: ready.tell(), obey=obey))
    return RECYCLE if recycle else 0


if __name__ == "__main__":
    sys.exit(main())
