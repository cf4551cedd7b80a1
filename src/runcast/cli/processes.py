"""The worker processes of `--workers N`: started, watched, started again, stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
HEALTHY_S = 30.0
"""A worker that lived this long starts again without a pause."""
KILL_AFTER_S = 5.0
"""Beyond its grace."""

log = logging.getLogger("runcast")


class WorkerProcesses:
    """`count` processes of one command. A worker that ends by itself is started again, after a growing pause.

    The standard input of each is a pipe from here: a line in it asks the worker to stop, and its end tells that this
    process is gone, however it went.
    """

    def __init__(
        self, arguments: Sequence[str], count: int, *, module: str = "runcast.worker", quiet: bool = False
    ) -> None:
        self._arguments = [sys.executable, "-P", "-m", module, *arguments]
        self._count = count
        self._stdout = sys.stderr if quiet else None
        """`quiet`: what tasks print goes to stderr, because stdout is for programs."""
        self._stopping = asyncio.Event()
        self._processes: dict[int, Process] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start them all; returns when each has opened its session or ended."""
        loop = asyncio.get_running_loop()
        ready = [loop.create_future() for _ in range(self._count)]
        self._keepers = [loop.create_task(self._keep(number, opened)) for number, opened in enumerate(ready, start=1)]
        await asyncio.wait(ready)

    async def stop(self, *, grace_ms: int) -> None:
        """Ask them to stop; kill those that need much longer than the grace."""
        self._stopping.set()
        for process in self._processes.values():
            assert process.stdin is not None
            process.stdin.write(f"{grace_ms}\n".encode())
        _, late = await asyncio.wait(self._keepers, timeout=grace_ms / 1000 + KILL_AFTER_S)
        for process in self._processes.values():
            process.kill()
        if late:
            await asyncio.wait(late)

    async def _keep(self, number: int, opened: asyncio.Future[None]) -> None:
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            started = loop.time()
            process = await self._spawn(number, opened)
            code = await process.wait()
            del self._processes[number]
            if self._stopping.is_set():
                break
            pause_s = FIRST_PAUSE_S if loop.time() - started > HEALTHY_S else min(2 * pause_s, LONGEST_PAUSE_S)
            log.warning("worker %s ended (%s); it starts again in %g s", number, _how(code), pause_s)
            await _wait(self._stopping, pause_s)

    async def _spawn(self, number: int, opened: asyncio.Future[None]) -> Process:
        """A process that tells through a pipe when it takes work; the pipe also ends when the process does."""
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._arguments, "--ready-fd", str(writing), stdin=PIPE, stdout=self._stdout, pass_fds=[writing]
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._processes[number] = process
        asyncio.get_running_loop().add_reader(reading, _on_ready, reading, opened)
        return process


def _on_ready(reading: int, opened: asyncio.Future[None]) -> None:
    asyncio.get_running_loop().remove_reader(reading)
    os.close(reading)
    if not opened.done():
        opened.set_result(None)


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
