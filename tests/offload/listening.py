"""Bodies that say who they are, and hang: how tests know that they execute, and that they are gone."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PATIENCE_S = 60.0


class Listening:
    """A port of this machine. `said` has a line for each body that called."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.gone: asyncio.Queue[str] = asyncio.Queue()
        self.port = ""
        self._writers: list[asyncio.StreamWriter] = []

    async def heard(self) -> list[int]:
        """The process ids that the next body says."""
        return [int(pid) for pid in (await asyncio.wait_for(self.said.get(), PATIENCE_S)).split()]

    async def went(self) -> None:
        """Wait until one has hung up: its process is gone, or it was let go."""
        await asyncio.wait_for(self.gone.get(), PATIENCE_S)

    def let_go(self) -> None:
        """Let all go on that hang now."""
        for writer in self._writers:
            writer.write(b"x")

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode().strip()
        self._writers.append(writer)
        self.said.put_nowait(line)
        # Canceled or reset: the body is gone, or the test is over.
        with suppress(ConnectionError, asyncio.CancelledError):
            await reader.read()
        self.gone.put_nowait(line)
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listening]:
    """A port to hang at."""
    found = Listening()
    server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
    found.port = str(server.sockets[0].getsockname()[1])
    async with server:
        yield found
        found.let_go()


def is_alive(pid: int) -> bool:
    """True for a process that executes; one that only waits to be reaped does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


async def until_gone(pid: int) -> None:
    """Wait for the end of a process that is not ours to wait for."""
    async with asyncio.timeout(PATIENCE_S):
        while is_alive(pid):
            await asyncio.sleep(0.01)
