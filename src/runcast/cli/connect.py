"""Opens the gateway that a command talks through: to the process that owns the database, or to the file itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from runcast import config
from runcast.cli.shared import is_shared, open_shared
from runcast.domain.errors import InvalidInput, NotFound, Unavailable
from runcast.gateway import ClientGateway
from runcast.settings import Settings

if TYPE_CHECKING:
    from runcast.sdk.dial import Where

T = TypeVar("T")

PATIENCE_S = 1.0
"""Without an engine for this long, whoever waits for one is told."""


def with_gateway(database: str | None, work: Callable[[ClientGateway], Awaitable[T]]) -> T:
    """Run `work` with a gateway to `database`, or to the one of the settings."""

    async def main() -> T:
        async with any_gateway(database) as gateway:
            return await work(gateway)

    return asyncio.run(main())


@asynccontextmanager
async def any_gateway(database: str | None) -> AsyncIterator[ClientGateway]:
    """The engine that owns the database, or, when none does, the file itself: then nobody else may open it meanwhile."""
    from runcast.sdk.reach import served_or_free
    from runcast.sdk.sealed_client import sealed_by_settings

    settings = _settings(database)
    if is_shared(settings):
        gateway: ClientGateway = await open_shared(settings)
    elif settings.url:
        gateway = await _connect(find_socket(settings))
    else:
        connect = partial(_connect, find_socket(settings))
        gateway = await served_or_free(connect, partial(_open_file, database_path(settings.database)))
    try:
        yield sealed_by_settings(gateway)
    finally:
        await gateway.close()


@asynccontextmanager
async def running_engine(database: str | None, *, on_wait: Callable[[], None]) -> AsyncIterator[ClientGateway]:
    """A running engine, however long it takes until there is one; `on_wait` is called once if it takes long."""
    from runcast.sdk.reach import until_served
    from runcast.sdk.sealed_client import sealed_by_settings

    settings = _settings(database)
    if is_shared(settings):
        # Whoever opens it learns from the feed what engines elsewhere do.
        async with any_gateway(database) as gateway:
            yield gateway
        return
    connect = partial(_connect, find_socket(settings))
    gateway = await until_served(connect, on_wait=lambda _error: on_wait(), patience_s=PATIENCE_S)
    try:
        yield sealed_by_settings(gateway)
    finally:
        await gateway.close()


def database_path(database: str | None) -> Path:
    """The database file that a command means."""
    from runcast.store.opening import sqlite_path

    path = Path(sqlite_path(database or config.load().settings.database))
    if path.is_dir():
        raise InvalidInput(f"{path} is a directory: the database is a file in it, such as {path / 'runcast.db'}")
    return path


def existing_database(database: str | None) -> Path:
    """The same, for a command that needs one. Raises `NotFound`."""
    path = database_path(database)
    if not path.is_file():
        raise NotFound(f"no database at {path}")
    return path


def find_socket(settings: Settings) -> Where:
    """The socket of the engine that the settings name: by `url`, or beside the database."""
    from runcast.sdk.ambient import find_engine
    from runcast.wire import socket_path

    if settings.url:
        return find_engine(settings.url, key=settings.shown_key, tls_ca=settings.tls_ca)
    return socket_path(database_path(settings.database))


def _settings(database: str | None) -> Settings:
    return config.load({"database": database}).settings


async def _connect(socket: Where) -> ClientGateway:
    from runcast.sdk.remote import RemoteClientGateway

    return await RemoteClientGateway.connect(socket)


async def _open_file(path: Path) -> ClientGateway:
    """An engine without workers on a free file; a file that does not exist is not made by looking for it."""
    from runcast.sdk.reach import open_database

    if not path.exists():
        raise Unavailable(f"no database at {path}: start `runcast dev app.py` here, or give --database")
    return await open_database(path)
