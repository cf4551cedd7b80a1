"""A worker process: `python -m runcast.worker --app APP --socket PATH`. Started and watched by `--workers` of a server.

It reaches the engine through the socket beside the database, so it needs no access to the file. Connection and lease are
kept on a thread of their own: a body that blocks the event loop delays its neighbours, and nothing worse.

It ends when it is asked to, by SIGTERM or by a line on its standard input that says how many milliseconds attempts get
to finish; and when whoever started it is gone: then its standard input is at its end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from runcast.config import load
from runcast.gateway import WorkerSession
from runcast.logs import finish_logging, set_up_logging
from runcast.sdk.extension import load_extensions
from runcast.sdk.registry import load_apps
from runcast.worker.process import serve
from runcast.worker.settings import WorkerSettings
from runcast.worker.tuning import tune_process
from runcast.worker.worker import Worker

RECYCLE = 75
"""Exit code of a worker that asks to be started anew, because threads of its are stuck."""
ORPHAN_GRACE_S = 3.0
"""What an orphan gets to unwind; its engine is gone, so nobody waits for it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the app and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m runcast.worker", description="A worker process of a local engine.")
    parser.add_argument("--app", action="append", required=True, help="file or module with tasks; may be repeated")
    parser.add_argument("--home", type=Path, help="where modules are looked for, beside the current directory")
    parser.add_argument("--socket", required=True, type=Path, help="the engine's socket")
    parser.add_argument("--settings", default="{}", help="JSON of WorkerSettings")
    parser.add_argument("--ready-fd", type=int, help="write a byte to this descriptor when the first session is open")
    given = parser.parse_args(arguments)
    # Ctrl-C reaches the whole group of processes; the one that started us decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_up_logging(load().settings)
    load_apps(given.app, home=given.home)
    load_extensions(load().settings.extensions)
    finish_logging()
    tune_process()
    settings = msgspec.json.decode(given.settings, type=WorkerSettings)
    return asyncio.run(_serve(given.socket, settings, given.ready_fd))


async def _serve(socket: Path, settings: WorkerSettings, ready_fd: int | None) -> int:
    def on_open(_session: WorkerSession) -> None:
        nonlocal ready_fd
        if ready_fd is not None:
            os.write(ready_fd, b".")
            os.close(ready_fd)
            ready_fd = None

    recycle = await serve(socket, settings, on_open=on_open, obey=_obey)
    return RECYCLE if recycle else 0


def _obey(worker: Worker) -> None:
    """Stop when asked to, and when whoever started this process is gone."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, worker.stop)

    def on_input() -> None:
        command = os.read(0, 1024)
        loop.remove_reader(0)
        if command:
            worker.stop(grace_ms=int(command))
        else:
            loop.call_later(ORPHAN_GRACE_S, os._exit, 1)
            worker.stop(grace_ms=0)

    loop.add_reader(0, on_input)


if __name__ == "__main__":
    sys.exit(main())
