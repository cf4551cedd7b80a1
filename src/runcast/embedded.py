"""`embed()`: an engine and a worker inside a program of one's own: a web application, a script, a notebook."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runcast import config
from runcast.domain.errors import Conflict
from runcast.http_settings import ApiSettings
from runcast.sdk.ambient import use_door
from runcast.sdk.client import Client
from runcast.sdk.doors import Door, GatewayDoor
from runcast.sdk.durations import Duration, duration_ms
from runcast.sdk.extension import Extension
from runcast.sdk.portal import Portal, get_portal
from runcast.sdk.registry import registry
from runcast.server import Server, ServerConfig, engine_settings, outgoing_settings
from runcast.settings import Settings
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import worker_settings

if TYPE_CHECKING:
    from runcast.api.mounted import Mounted


def embed(
    database: str | Path | None = None,
    *,
    concurrency: int | None = None,
    grace: Duration | None = None,
    extensions: Sequence[str | Extension] = (),
    outbox: Sequence[str] | None = None,
) -> Embedded:
    """An engine that owns `database`, by default that of the settings, and a worker for the tasks that this process has
    imported.

    Use it as `with embed() as client:` or `async with embed() as client:`. Inside, every bare `trigger()` of the process
    goes to it, and programs beside it reach it through the socket beside the database. Engine and worker have threads
    and event loops of their own: what runs on yours is never delayed. `concurrency` bounds how many bodies execute at
    once; `grace` is what attempts get to finish at the end, the rest goes on with the next start. `extensions` are
    installed beside those of the settings and of installed packages. `outbox` are addresses of databases whose outboxes
    it carries out. What no argument says, the project's settings do, as
    for `runcast dev`: retention, lease, concurrency, grace and the others of an engine and a worker.

    A `postgresql://user@host/name` nobody owns: any number of programs embed an engine on it.

    Raises `DatabaseLocked` while another process owns the file (there, only trigger), `DatabaseCorrupt`,
    `DatabaseReadOnly`, `Unavailable` for a PostgreSQL that cannot be reached.

    >>> from runcast import embed, task
    >>> @task
    ... async def double(n: int) -> int:
    ...     return 2 * n
    >>> with embed(":memory:"):
    ...     double.trigger(21).result().result().result()
    42
    """
    given: dict[str, object] = {} if concurrency is None else {"concurrency": concurrency}
    settings = config.load(given).settings
    if grace is not None:
        settings = replace(settings, shutdown_grace_ms=duration_ms(grace, name="grace"))
    if outbox is not None:
        settings = replace(settings, outbox=tuple(outbox))
    return Embedded(settings.database if database is None else database, settings, extensions=tuple(extensions))


class Embedded:
    """What `embed()` returns: started by `with` or `async with`, or by `start()` and `stop()`."""

    def __init__(
        self,
        database: str | Path,
        settings: Settings,
        *,
        extensions: tuple[str | Extension, ...] = (),
    ) -> None:
        installed = (*settings.extensions, *extensions)
        self._server = Server(
            ServerConfig(
                database=str(database),
                database_direct=settings.database_direct,
                blobs=settings.blobs,
                engine=engine_settings(settings),
                extensions=installed,
                outgoing=outgoing_settings(settings),
                secret=settings.secret,
            )
        )
        self._settings = worker_settings(settings)
        self._worker: EmbeddedWorker | None = None
        self._client: Client | None = None
        self._door_before: Door | None = None
        self._portal: Portal | None = None

    def start(self) -> Client:
        """Start engine and worker; blocks until they take work."""
        return get_portal().submit(self._start()).result()

    def stop(self) -> None:
        """Stop the worker gracefully, then the engine; blocks until the database is closed. Twice does no harm."""
        get_portal().submit(self._stop()).result()

    def asgi(self, *, public_url: str = "", local: bool = False) -> Mounted:
        """The HTTP API as an ASGI application, to mount in one of yours: `app.mount("/runcast", engine.asgi(…))`.

        `public_url`: where clients reach what is mounted, such as `https://example.com/runcast`; addresses that the API
        hands out begin with it. `local`: programs and pages of this machine need no key. It serves while the engine is started.
        """
        return self._server.asgi(ApiSettings(public_url=public_url.rstrip("/"), local=local), get_portal().loop)

    def __enter__(self) -> Client:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Client:
        return await asyncio.wrap_future(get_portal().submit(self._start()))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.wrap_future(get_portal().submit(self._stop()))

    async def _start(self) -> Client:
        """On the portal's loop, which is the engine's."""
        if self._client is not None:
            raise Conflict("this engine is started already")
        self._portal = get_portal()
        self._portal.on_close(self._stop)
        try:
            await self._server.start()
            # Before the first body executes, which may ask.
            self._door_before = use_door(GatewayDoor(self._server.engine, on_portal=True))
            self._client = Client()
            self._worker = EmbeddedWorker(self._server.engine, registry, self._settings)
            self._worker.start()
            await self._worker.opened()
        except BaseException:
            await self._stop()
            raise
        return self._client

    async def _stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop(grace_ms=self._settings.grace_ms)
            await worker.joined()
        if self._client is not None:
            self._client = None
            use_door(self._door_before)
        await self._server.stop()
        if self._portal is not None:
            self._portal.forget(self._stop)
