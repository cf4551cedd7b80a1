"""The worker processes of `runcast dev --workers N`: started, watched, started again, stopped."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence

from runcast.cli.output import note

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
HEALTHY_S = 30.0
"""A worker that lived this long starts again without a pause."""


class WorkerProcesses:
    """`count` processes of one command. A worker that ends by itself is started again, after a growing pause."""

    def __init__(self, command: Sequence[str], count: int, *, grace_s: float) -> None:
        self._command = command
        self._count = count
        self._grace_s = grace_s
        self._stopping = asyncio.Event()
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start them all; returns before they are ready."""
        loop = asyncio.get_running_loop()
        self._keepers = [loop.create_task(self._keep(number)) for number in range(1, self._count + 1)]

    async def stop(self) -> None:
        """Ask them to stop; kill those that need longer than the grace."""
        self._stopping.set()
        for process in self._processes.values():
            _send(process, signal.SIGTERM)
        _, late = await asyncio.wait(self._keepers, timeout=self._grace_s)
        for process in self._processes.values():
            _send(process, signal.SIGKILL)
        for keeper in late:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _keep(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_S
        while not self._stopping.is_set():
            started = loop.time()
            process = await asyncio.create_subprocess_exec(sys.executable, *self._command, start_new_session=True)
            self._processes[number] = process
            code = await process.wait()
            del self._processes[number]
            if self._stopping.is_set():
                return
            pause = FIRST_PAUSE_S if loop.time() - started > HEALTHY_S else min(2 * pause, LONGEST_PAUSE_S)
            note(f"worker {number} ended ({_how(code)}); it starts again in {pause:.0f} s")
            await asyncio.sleep(pause)


def _send(process: asyncio.subprocess.Process, what: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(what)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
