"""What a process has in common with others that `--workers` of a server starts: its arguments, and whom it obeys.

It ends when it is asked to, by SIGTERM or by a line on its standard input that says how many milliseconds attempts get
to finish; and when whoever started it is gone: then its standard input is at its end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from pathlib import Path
from typing import Protocol

from runcast.config import load
from runcast.logs import finish_logging, set_up_logging
from runcast.sdk.extension import load_extensions
from runcast.sdk.otel.export import set_up_telemetry
from runcast.sdk.registry import load_apps
from runcast.worker.tuning import tune_process

ORPHAN_GRACE_S = 3.0
"""What an orphan gets to unwind; its server is gone, so nobody waits for it."""


class Stoppable(Protocol):
    """A worker, wherever its loop is."""

    def stop(self, *, grace_ms: int | None = None) -> None: ...


def argument_parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description="A worker process of a server.")
    parser.add_argument("--app", action="append", required=True, help="file or module with tasks; may be repeated")
    parser.add_argument("--home", type=Path, help="where modules are looked for, beside the current directory")
    parser.add_argument("--settings", default="{}", help="JSON of WorkerSettings")
    parser.add_argument("--ready-fd", type=int, help="write a byte to this descriptor when the first session is open")
    return parser


def prepare(given: argparse.Namespace) -> None:
    """Load what it executes."""
    # Ctrl-C reaches the whole group of processes; the one that started us decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_up_logging(load().settings)
    load_apps(given.app, home=given.home)
    load_extensions(load().settings.extensions)
    finish_logging()
    set_up_telemetry()
    tune_process()


class Readiness:
    """Tells whoever started this process, once, that it takes work."""

    def __init__(self, ready_fd: int | None) -> None:
        self._fd = ready_fd

    def tell(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.write(fd, b".")
            os.close(fd)


def obey(worker: Stoppable) -> None:
    """Stop when asked to, and when whoever started this process is gone. On the loop of the process's main thread."""
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
