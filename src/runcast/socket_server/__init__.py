"""Serves an engine's gateways to other processes of the same user, on a unix socket beside the database."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path

from runcast.domain.errors import Unavailable
from runcast.gateway import ClientGateway, WorkerGateway
from runcast.socket_server.connections import Connections
from runcast.socket_server.served import Served
from runcast.wire import READ_AHEAD_BYTES

__all__ = ["Served", "SocketServer"]


class SocketServer:
    """Accepts connections at `path` until it is closed. The file is readable by its owner only."""

    def __init__(self, path: Path, client: ClientGateway, worker: WorkerGateway) -> None:
        self._path = path
        self._client = client
        self._worker = worker
        self._server: asyncio.Server | None = None
        self._inode = 0
        """Of our socket's file: after a while another server's may be at the path."""
        self._connections = Connections()

    @property
    def path(self) -> Path:
        return self._path

    async def start(self) -> None:
        """Listen. The caller owns the database's lock, so a socket file that is there belongs to nobody."""
        _private_directory(self._path)
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Created without rights for others from the start: a chmod afterwards would leave a moment.
        mask = os.umask(0o177)
        try:
            listener.bind(str(self._path))
        except OSError as error:
            listener.close()
            raise Unavailable(f"cannot listen at {self._path}: {error}") from error
        finally:
            os.umask(mask)
        self._inode = self._path.stat().st_ino
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=READ_AHEAD_BYTES)

    async def close(self) -> None:
        """Remove the file, stop listening, end every connection."""
        if self._server is None:
            return
        # First: as long as it listens, no other file can have its number.
        with suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        self._server.close()
        await self._connections.close()
        await self._server.wait_closed()
        self._server = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.start(Served(reader, writer, self._client, self._worker).serve())


def _private_directory(path: Path) -> None:
    """The directory of a socket that cannot lie beside its database: ours, and closed to others."""
    directory = path.parent
    if directory.exists():
        return
    directory.mkdir(mode=0o700, parents=True)
