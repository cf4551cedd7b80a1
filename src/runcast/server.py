"""The composition root: builds store, engine and socket from a configuration, starts them in order, stops them in reverse."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from runcast.blobs.bucket import open_bucket
from runcast.clock import Clock, SystemClock
from runcast.config import load
from runcast.domain.address import Address
from runcast.domain.errors import DatabaseLocked, EngineStopped, InvalidInput, Unavailable
from runcast.engine.engine import Engine, EngineSettings
from runcast.engine.guard import Guard
from runcast.engine.service import Service
from runcast.gateway import ClientGateway
from runcast.http_settings import ApiSettings
from runcast.outgoing.courier import Courier
from runcast.outgoing.settings import OutgoingSettings, parse_outgoing
from runcast.sdk.extension import Extension, load_extensions
from runcast.sdk.fresh_ids import fresh_id
from runcast.settings import DEFAULT_DATABASE, Settings
from runcast.socket_server import SocketServer
from runcast.socket_server.network import Listen, NetworkServer
from runcast.store.opening import is_shared, open_store, sqlite_path
from runcast.store.store import Store
from runcast.wire import socket_path

if TYPE_CHECKING:
    from litestar.types import ASGIApp

    from runcast.api.context import Api
    from runcast.api.mounted import Mounted
    from runcast.api.serving import HttpServer
    from runcast.metrics.listener import Listener

log = logging.getLogger("runcast")

PATIENCE_S = 5.0
"""How long an engine that starts waits for triggers and commands that have the file meanwhile; most take milliseconds."""
LOOK_EVERY_S = 0.005
"""Shorter than the pauses between the triggers of a busy program."""
RENEWALS_PER_LEASE = 6


def engine_settings(settings: Settings) -> EngineSettings:
    """What a project's settings say of its engine."""
    return EngineSettings(
        lease_ms=settings.lease_ms,
        renew_ms=max(1, settings.lease_ms // RENEWALS_PER_LEASE),
        retention_ms=settings.retention_ms,
        retention_failed_ms=settings.retention_failed_ms or None,
        outbox=settings.outbox,
    )


def outgoing_settings(settings: Settings) -> OutgoingSettings:
    """What a project's settings say of letters and webhooks. Raises `InvalidInput`."""
    return parse_outgoing(settings.smtp_url, settings.smtp_from, settings.outgoing_private, settings.public_url)


class ServerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a server needs to know."""

    database: str = DEFAULT_DATABASE
    """A path, `sqlite:///path`, `:memory:`, or `postgresql://user@host/name`. Only a file has a socket."""
    database_direct: str = ""
    """The PostgreSQL's address without the pooler that `database` leads through, if it does."""
    blobs: str = ""
    """Where large artifacts go: `file:///path` or `s3://bucket/prefix`; empty: into the database."""
    socket: bool = True
    """Serve other processes of this user on the socket beside the database."""
    listen: Listen | None = None
    """Serve other machines too."""
    engine: EngineSettings = EngineSettings()
    extensions: tuple[str | Extension, ...] = ()
    """Apps to install, as objects or `module:name`; those of installed packages are found by themselves."""
    http: ApiSettings | None = None
    """Serve the HTTP API."""
    secret: str = ""
    """What signs and encrypts; empty: one that is kept in the database."""
    outgoing: OutgoingSettings = OutgoingSettings()
    """How alerts leave."""
    metrics: tuple[str, int] | None = None
    """Host and port where `/metrics` and `/healthz` are served; port 0: any. `metrics.listener.parse_address` makes one."""
    installed_extensions: bool = True
    """Look for the entry points `runcast.extensions` of installed packages."""


class Server:
    """An engine that owns its database, with its services and its socket.

    When the file is deleted or replaced under it, it logs a critical line and stops by itself: every call raises
    `EngineStopped`, an `Unavailable`, with the reason.

    >>> async def main() -> None:
    ...     async with Server(ServerConfig(database=":memory:")) as server:
    ...         print(await server.engine.tasks())
    >>> asyncio.run(main())
    ()
    """

    def __init__(self, config: ServerConfig, clock: Clock | None = None) -> None:
        self.config = config
        self._clock = clock or SystemClock()
        self._store: Store | None = None
        self._engine: Engine | None = None
        self._socket: SocketServer | None = None
        self._network: NetworkServer | None = None
        self._metrics: Listener | None = None
        self._http: HttpServer | None = None
        self._courier: Courier | None = None
        self._mounted: dict[ApiSettings, tuple[Api, ASGIApp]] = {}
        self._services: asyncio.Task[None] | None = None
        self._guard: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._reason = ""

    @property
    def engine(self) -> Engine:
        """Both gateways of this process."""
        assert self._engine is not None, "the server is not started"
        return self._engine

    @property
    def metrics_url(self) -> str | None:
        """Where the metrics are, if anywhere."""
        return None if self._metrics is None else self._metrics.url

    @property
    def http(self) -> HttpServer | None:
        """The HTTP API, if it is served."""
        return self._http

    @property
    def address(self) -> Address | None:
        """Where other machines reach it, None without `listen`."""
        return None if self._network is None else self._network.address

    @property
    def database(self) -> str:
        """A path, `:memory:`, or the address of a PostgreSQL."""
        return self.config.database if self._shared else sqlite_path(self.config.database)

    @property
    def _shared(self) -> bool:
        return is_shared(self.config.database)

    async def start(self) -> None:
        """Open and lock the database, take back what an earlier process held, begin to serve.

        A trigger or a command that works in the file while no engine runs is waited for, for a few seconds.
        Raises `DatabaseLocked`, `DatabaseCorrupt` or `DatabaseReadOnly`; nothing is left open then.
        """
        self._stopping, self._reason = None, ""
        self._lost.clear()
        self._store = await self._open()
        try:
            settings = replace(self.config.engine, secret=self.config.secret, fresh_secret=_fresh_secret)
            if not self._shared:
                # Of a database that many machines share, leases alone say who is gone.
                settings = replace(settings, is_gone=_is_gone)
            bucket = open_bucket(self.config.blobs)
            self._engine = Engine(self._store, self._store.clock, settings, id=fresh_id("engine"), bucket=bucket)
            self._courier = Courier(self.config.outgoing, self._engine.access.secret)
            self._engine.courier = self._courier
            for extension in load_extensions(self.config.extensions, installed=self.config.installed_extensions):
                await self._engine.extensions.install(extension.app())
            await self._engine.start()
            self._services = asyncio.create_task(self._engine.run(), name="runcast-services")
            if not self._shared and self.database != ":memory:":
                guard = Service(Guard(self._store, on_loss=self._on_loss), self._clock)
                self._guard = asyncio.create_task(guard.run(), name="runcast-guard")
            if self.config.socket and not self._shared and self.database != ":memory:":
                self._socket = SocketServer(socket_path(Path(self.database)), self._engine, self._engine)
                await self._socket.start()
            if self.config.listen is not None:
                self._network = NetworkServer(self.config.listen, self._engine, self._engine)
                await self._network.start()
            if self.config.http is not None:
                self._http = await self._serve_http(self._engine, self.config.http)
            if self.config.metrics is not None:
                self._metrics = self._serve_metrics(self._engine, self.config.metrics)
        except BaseException:
            await self.stop()
            raise

    def _serve_metrics(self, engine: Engine, address: tuple[str, int]) -> Listener:
        from runcast.metrics.serving import listen

        return listen(engine, address)

    def asgi(self, settings: ApiSettings, loop: asyncio.AbstractEventLoop) -> Mounted:
        """The API for a server of somebody else, on another loop than the engine's. It answers 503 while this is not started."""
        from runcast.api.mounted import Mounted

        return Mounted(self._api, settings, loop)

    async def _api(self, settings: ApiSettings) -> ASGIApp:
        from runcast.api.app import make_app
        from runcast.api.context import Api

        if self._engine is None or self._store is None or self._stopping is not None:
            raise EngineStopped("the engine is not started")
        # Each with its own settings: what is open to this machine at one place is not open at another.
        if settings not in self._mounted:
            secret = await self._engine.access.secret()
            api = Api(self._engine, settings, secret)
            self._mounted[settings] = api, make_app(api)
        return self._mounted[settings][1]

    async def _unmount(self) -> None:
        """Whoever follows or is connected there is told to come back."""
        mounted = [api for api, _ in self._mounted.values()]
        self._mounted.clear()
        for api in mounted:
            await api.engine.hub.stop()
            await api.gateways.close()

    async def _serve_http(self, engine: Engine, settings: ApiSettings) -> HttpServer:
        # Here, because it takes a third of a second and many servers have no HTTP.
        from runcast.api.serving import HttpServer

        server = HttpServer(engine, settings, await engine.access.secret())
        await server.start()
        return server

    async def _open(self) -> Store:
        loop = asyncio.get_running_loop()
        patient_until = loop.time() + PATIENCE_S
        while True:
            try:
                return open_store(self.database, self._clock, direct=self.config.database_direct)
            except DatabaseLocked as error:
                if not error.in_passing or loop.time() > patient_until:
                    raise
                await asyncio.sleep(LOOK_EVERY_S)

    async def stop(self) -> None:
        """Stop serving, then the services, then close the database. Workers must be stopped before."""
        # One end, whoever begins it: the guard that misses the file, and the owner who hears of it.
        self._stopping = self._stopping or asyncio.create_task(self._stop(), name="runcast-stop")
        await asyncio.shield(self._stopping)

    async def lost(self) -> EngineStopped:
        """Wait until the database file is gone; what every call raises from then on. The server stops by itself."""
        await self._lost.wait()
        return EngineStopped(self._reason)

    def find_loss(self) -> EngineStopped | None:
        """What every call raises from now on, if the database file is gone: for whoever met a failure of it and cannot
        wait for the guard, which looks every second. The server then stops by itself, as after `lost`."""
        reason = None if self._store is None else self._store.find_loss()
        if reason is not None:
            self._on_loss(reason)
        return EngineStopped(self._reason) if self._reason else None

    def _on_loss(self, reason: str) -> None:
        """Once, whoever sees it first: the guard, one that met a failure, or the stop."""
        assert self._store is not None
        if self._reason:
            return
        log.critical("%s", reason)
        self._reason = reason
        self._store.refuse(reason)
        self._lost.set()
        self._stopping = self._stopping or asyncio.create_task(self._stop(), name="runcast-stop")

    async def _stop(self) -> None:
        # Readers that open the file anew miss it before the guard does. Whatever ends the server, the loss is told, and
        # a store that knows of it leaves alone what is at the path now.
        self.find_loss()
        if self._metrics is not None:
            await asyncio.to_thread(self._metrics.close)
            self._metrics = None
        await self._unmount()
        if self._http is not None:
            await self._http.close()
            self._http = None
        if self._network is not None:
            await self._network.close()
            self._network = None
        if self._socket is not None:
            await self._socket.close()
            self._socket = None
        if self._services is not None:
            self._services.cancel()
            await asyncio.gather(self._services, return_exceptions=True)
            self._services = None
        if self._courier is not None:
            await self._courier.close()
            self._courier = None
        if self._guard is not None:
            self._guard.cancel()
            await asyncio.gather(self._guard, return_exceptions=True)
            self._guard = None
        if self._store is not None:
            await asyncio.to_thread(self._store.close)
            self._store = None
        if self._engine is not None:
            self._engine.stopped(self._reason or "the engine was stopped")

    async def __aenter__(self) -> Server:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def _fresh_secret() -> str:
    return secrets.token_hex(32)


def _is_gone(pid: int, host: str) -> bool:
    """True when the process was of this host and is dead. An id that was given anew counts as alive: its lease decides."""
    if host != socket.gethostname():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class DirectClient(Engine):
    """An engine without services or workers on a free file: for a client that only triggers, reads or cancels."""

    async def close(self) -> None:
        await asyncio.to_thread(self.store.close)


async def open_client(database: str | Path, *, direct: str = "", extensions: bool = False) -> ClientGateway:
    """A gateway straight into a database file that no server owns, or into a PostgreSQL beside its servers. Raises
    `DatabaseLocked` when a server owns the file. `direct`: the PostgreSQL's address without a pooler; `extensions`: it
    runs their transactions, too.

    It does not take back what dead workers hold: the next server does.
    """
    settings = load().settings
    bucket = open_bucket(settings.blobs)
    # Another machine may let one wait, and the loop has others to serve.
    store = await asyncio.to_thread(open_store, str(database), SystemClock(), direct=direct, in_passing=True)
    engine = EngineSettings(secret=settings.secret, fresh_secret=_fresh_secret)
    client = DirectClient(store, store.clock, engine, bucket=bucket)
    if extensions:
        await _install_extensions(client, settings.extensions)
    return client


async def _install_extensions(client: Engine, named: tuple[str, ...]) -> None:
    """What cannot be used here hinders nobody who does not ask for it."""
    for extension in load_extensions(named):
        try:
            await client.extensions.install(extension.app())
        except (InvalidInput, Unavailable) as error:
            log.warning("extension %s cannot be used by this process: %s", extension.name, error)
