"""What stands before several servers, as a load balancer does: it leads to one of them, until it is told another."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from runcast.domain.address import Address, parse_address


class Switch:
    """A TCP proxy on this machine."""

    def __init__(self, target: str) -> None:
        self._target = parse_address(target)
        self._open: set[asyncio.StreamWriter] = set()
        self.passed = 0
        """Connections so far."""

    async def __aenter__(self) -> Switch:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.url = str(Address("tcp", host, port))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._cut()

    def to(self, target: str, *, cut: bool = True) -> None:
        """Lead to another server from now on. `cut`: who is connected is cut off, and stays where it is otherwise."""
        self._target = parse_address(target)
        if cut:
            self._cut()

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.passed += 1
        self._open.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection(self._target.host, self._target.port)
        except OSError:
            writer.close()
            return
        finally:
            self._open.discard(writer)
        self._open |= {writer, far_writer}
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        self._open -= {writer, far_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
