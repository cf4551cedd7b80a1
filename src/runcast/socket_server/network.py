"""Serves an engine's gateways to other machines, over TCP or TLS, to whoever has a key."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import resource
import socket
import ssl
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from runcast.domain.address import Address
from runcast.domain.errors import InvalidInput, Overloaded, RuncastError, Unavailable
from runcast.gateway import ClientGateway, WorkerGateway
from runcast.socket_server.admission import Admission
from runcast.socket_server.connections import Connections
from runcast.socket_server.served import Served
from runcast.wire import FrameKind, encode_frame, keep_alive, wire_error

READ_AHEAD_BYTES = 128 * 1024
"""Less than on a local socket: a stranger can make every place at the door buffer twice that."""
STRANGERS_MAX = 64
"""Connections that have not shown a key yet; more wait in the kernel's queue."""
CONNECTIONS_MAX = 4_096
FILES_KEPT = 128
"""Of the files that the process may have open, for the database and whatever else it does."""
ADMISSION_S = 5.0
"""For the TLS handshake and the key, together."""
FAREWELL_S = 2.0
"""For the end of a TLS connection."""
BACKLOG = 1_024
ACCEPT_AGAIN_S = 1.0

log = logging.getLogger("runcast")


class Listen(msgspec.Struct, frozen=True):
    """Where a server listens, and to whom."""

    address: Address
    """`tls://`, or certificate files, for TLS. Port 0: any free one."""
    keys: tuple[str, ...] = ()
    """Any of them admits; none: everybody on this machine, and nobody else may be listened to."""
    tls_cert: str = ""
    """A PEM file: the certificate and what it was signed with."""
    tls_key: str = ""
    """A PEM file with its private key; empty: it is in `tls_cert`."""

    def __repr__(self) -> str:
        """Without the keys."""
        return f"Listen({str(self.address)!r}, {len(self.keys)} keys)"


class _Stream(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class NetworkServer:
    """Accepts connections at an address until it is closed.

    A connection is a stranger until it has shown a key: for `ADMISSION_S` at most, of which there are `STRANGERS_MAX`
    at most, and of which no more is read than a key has bytes. Nothing that a stranger sends is decoded.
    """

    def __init__(self, listen: Listen, client: ClientGateway, worker: WorkerGateway) -> None:
        self._listen = listen
        self._client = client
        self._worker = worker
        self._admission = Admission(listen.keys)
        self._tls = _tls(listen)
        self._places = asyncio.Semaphore(STRANGERS_MAX)
        self._connections = Connections()
        self._doors: list[asyncio.Task[None]] = []
        self._sockets: list[socket.socket] = []
        self.address = replace(listen.address, scheme="tls" if self._tls else "tcp")
        """Where it is reached; the port is known after `start`."""

    async def start(self) -> None:
        """Listen. Raises `InvalidInput` for an address that other machines reach without a key, `Unavailable` for one
        that cannot be had."""
        places = await _places(self._listen.address)
        beyond = [place for place in places if not _is_loopback(place)]
        if beyond and self._admission.is_open:
            raise InvalidInput(
                f"{self.address} is reached from other machines, and there is no key: set RUNCAST_KEY "
                "(`openssl rand -hex 32` makes one), or listen at 127.0.0.1"
            )
        self._sockets = _bind(self._listen.address, places)
        self.address = replace(self.address, port=self._sockets[0].getsockname()[1])
        if beyond and self._tls is None:
            log.warning(
                "%s speaks no TLS: whoever is on the way reads keys and payloads. Give --tls-cert and --tls-key, unless "
                "the network is private or something before it ends TLS",
                self.address,
            )
        loop = asyncio.get_running_loop()
        self._doors = [loop.create_task(self._accept(one), name="runcast-door") for one in self._sockets]

    async def close(self) -> None:
        """Stop listening, end every connection."""
        for door in self._doors:
            door.cancel()
        await asyncio.gather(*self._doors, return_exceptions=True)
        for one in self._sockets:
            one.close()
        self._doors, self._sockets = [], []
        await self._connections.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._places.acquire()
            try:
                connection, peer = await loop.sock_accept(listener)
            except OSError as error:
                self._places.release()
                log.warning("%s cannot take a connection: %s", self.address, error)
                await asyncio.sleep(ACCEPT_AGAIN_S)
            else:
                self._connections.start(self._serve(connection, peer[0], peer[1]))

    async def _serve(self, connection: socket.socket, host: str, port: int) -> None:
        try:
            stream = await self._open(connection, f"{host}:{port}")
        finally:
            self._places.release()
        if stream is not None:
            await Served(stream.reader, stream.writer, self._client, self._worker, origin=host).serve()

    async def _open(self, connection: socket.socket, peer: str) -> _Stream | None:
        """The connection once it has shown a key; None when it did not."""
        stream: _Stream | None = None
        admitted = False
        try:
            async with asyncio.timeout(ADMISSION_S):
                stream = await self._stream(connection)
                admitted = await self._admit(stream, peer)
        except TimeoutError:
            log.warning("%s was refused: it showed no key within %g s", peer, ADMISSION_S)
        except OSError as error:
            log.info("%s broke off before it showed a key: %s", peer, error)
        finally:
            if stream is not None and not admitted:
                stream.writer.close()
        return stream if admitted else None

    async def _stream(self, connection: socket.socket) -> _Stream:
        keep_alive(connection)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=READ_AHEAD_BYTES, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        farewell_s = FAREWELL_S if self._tls else None
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol, connection, ssl=self._tls, ssl_shutdown_timeout=farewell_s
        )
        return _Stream(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def _admit(self, stream: _Stream, peer: str) -> bool:
        try:
            if not await self._admission.ask(stream.reader):
                return False  # somebody who only looked whether it listens
            if len(self._connections) > (bound := _connections_max()):
                raise Overloaded(f"the engine has {bound:,} connections, and takes no more")
        except RuncastError as error:
            log.warning("%s was refused: %s", peer, error)
            stream.writer.write(encode_frame(FrameKind.ERROR, 0, "key", wire_error(error)))
            return False
        stream.writer.write(encode_frame(FrameKind.REPLY, 0, "key", None))
        return True


def _connections_max() -> int:
    """As many as there may be, and less where the process may open only few files: without one the database fails."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS_MAX if files == resource.RLIM_INFINITY else max(1, min(CONNECTIONS_MAX, files - FILES_KEPT))


def _tls(listen: Listen) -> ssl.SSLContext | None:
    """What the server shows; None without TLS. Raises `InvalidInput`, also for `tls://` without a certificate."""
    if not listen.tls_cert:
        if listen.address.scheme == "tls" or listen.tls_key:
            raise InvalidInput("TLS needs a certificate: give tls_cert (--tls-cert), and tls_key (--tls-key)")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(listen.tls_cert, listen.tls_key or None, password=_no_password)
    except (OSError, ValueError) as error:
        shown = " and ".join(filter(None, (listen.tls_cert, listen.tls_key)))
        raise InvalidInput(f"cannot use the certificate in {shown}: {error}") from error
    return context


def _no_password() -> str:
    """Instead of asking at the terminal, where nobody may sit."""
    raise ValueError("the private key has a password")


# --- where


async def _places(address: Address) -> list[tuple[int, tuple[Any, ...]]]:
    """(family, socket address) of everything that the host's name means."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise Unavailable(f"cannot listen at {address}: {error}") from error
    return list(dict.fromkeys((family, place) for family, _, _, _, place in found))


def _is_loopback(place: tuple[int, tuple[Any, ...]]) -> bool:
    return ipaddress.ip_address(place[1][0].partition("%")[0]).is_loopback


def _bind(address: Address, places: list[tuple[int, tuple[Any, ...]]]) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    for family, place in places:
        try:
            one = socket.create_server(place, family=family, backlog=BACKLOG)
        except OSError as error:
            failure = error  # a name may mean an address of a family that this machine has not
            continue
        one.setblocking(False)
        sockets.append(one)
    if not sockets:
        raise Unavailable(f"cannot listen at {address}: {failure}") from failure
    return sockets
