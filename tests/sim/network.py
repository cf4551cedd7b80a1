"""Unix sockets of a simulation: pairs of transports in memory, with delays, whose ends belong to processes.

Bytes arrive in order, as a process's own instructions. When a process dies its sockets close, as a kernel would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.sim.loop import CURRENT, Process, VirtualLoop

SLOW_S = 3.0
SOCKET = "engine.sock"
"""Where the engine listens."""


class Pipe(asyncio.Transport):
    """One end of a connection, owned by a process."""

    def __init__(self, network: Network, process: Process, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._network = network
        self._protocol = protocol
        self._mail: list[Callable[[], object]] = []
        self._closed = False
        self.process = process
        self.other: Pipe

    # --- what streams ask of a transport ---

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._closed:
            message = bytes(data)
            self.other.post(lambda: self.other._protocol.data_received(message))

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Both ends hear of it; what was sent before arrives before."""
        if not self._closed:
            self._closed = True
            self._network.forget(self)
            self.post(lambda: self._protocol.connection_lost(None))
            self.other.post(self.other.hang_up)

    def abort(self) -> None:
        self.close()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.other.process if name == "process" else default

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    # --- how bytes travel ---

    def post(self, arrive: Callable[[], object]) -> None:
        """Something arrives here after a while, after all that was sent before."""
        self._mail.append(arrive)
        self._network.loop.run_in(self.process, self._next, delay=self._network.delay_s())

    def _next(self) -> None:
        # Timers may overtake each other; the n-th to fire delivers the n-th message.
        self._mail.pop(0)()

    def broken(self) -> None:
        """Closed, and nobody hears of it."""
        self._closed = True

    def hang_up(self) -> None:
        """The other end is gone."""
        if not self._closed:
            self._closed = True
            self._network.forget(self)
            self._protocol.eof_received()
            self._protocol.connection_lost(None)


class ProcessEnd:
    """The kernel's word on whether the process at the other end lives, as `socket_server.process_end` asks for it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._process: Process = writer.get_extra_info("process")

    async def within(self, timeout_s: float) -> bool:
        """Whether the process ended before `timeout_s` passed."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + timeout_s
        while self._process.alive and loop.time() < ends:
            await asyncio.sleep(0.1)
        return not self._process.alive

    def close(self) -> None:
        """There is no handle to free."""


class Network:
    """Who listens where, and every open connection."""

    def __init__(self, loop: VirtualLoop, random: Random) -> None:
        self.loop = loop
        self._random = random
        self._listeners: dict[str, tuple[Process, Callable[..., Any]]] = {}
        self._open: list[Pipe] = []
        loop.create_unix_connection = self.connect  # type: ignore[method-assign, assignment]

    def delay_s(self) -> float:
        """Mostly next to nothing, sometimes long."""
        roll = self._random.random()
        return roll * SLOW_S if roll < 0.003 else roll * 0.001

    def listen(self, path: str, process: Process, accept: Callable[..., Any]) -> None:
        """`accept(reader, writer)` is awaited in `process` for each connection."""
        self._listeners[path] = (process, accept)

    async def connect(self, factory: Callable[[], Any], path: str | Path) -> tuple[Pipe, Any]:
        """What `asyncio.open_unix_connection` calls."""
        process, accept = self._listeners.get(str(path), (None, None))
        mine = CURRENT.get()
        if process is None or not process.alive or accept is None:
            raise ConnectionRefusedError(111, "nobody listens")
        assert mine is not None, "only processes connect"
        reader = asyncio.StreamReader(loop=self.loop)
        served = asyncio.StreamReaderProtocol(reader, accept, loop=self.loop)
        protocol = factory()
        near, far = Pipe(self, mine, protocol), Pipe(self, process, served)
        near.other, far.other = far, near
        self._open += [near, far]
        protocol.connection_made(near)
        self.loop.run_in(process, served.connection_made, far)
        await asyncio.sleep(self.delay_s())
        return near, protocol

    def forget(self, pipe: Pipe) -> None:
        if pipe in self._open:
            self._open.remove(pipe)

    def died(self, process: Process) -> None:
        """The kernel closes what the process had open."""
        self._listeners = {
            path: (owner, accept) for path, (owner, accept) in self._listeners.items() if owner is not process
        }
        for pipe in [pipe for pipe in self._open if pipe.process is process]:
            self._open.remove(pipe)
            pipe.other.post(pipe.other.hang_up)

    def end(self) -> None:
        """No pipe will be closed by hand any more."""
        for pipe in self._open:
            pipe.broken()
        self._open.clear()

    def cut(self, process: Process) -> None:
        """Break every connection of a process that lives."""
        for pipe in [pipe for pipe in self._open if pipe.process is process]:
            self.loop.run_in(process, pipe.close)
