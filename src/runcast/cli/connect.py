"""Opens the gateway that a command talks through: to the process that owns the database, or to the file itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from runcast.domain.errors import DatabaseLocked, Unavailable
from runcast.gateway import ClientGateway

T = TypeVar("T")

DEFAULT_DATABASE = ".runcast/runcast.db"
STARTING_S = 5.0
"""How long a database may be locked by an engine whose socket does not answer yet."""
LOOK_EVERY_S = 0.1
LOOKS_BEFORE_WAITING = 10


def with_gateway(database: str | None, work: Callable[[ClientGateway], Awaitable[T]]) -> T:
    """Run `work` with a gateway to `database`."""

    async def main() -> T:
        async with any_gateway(database) as gateway:
            return await work(gateway)

    return asyncio.run(main())


@asynccontextmanager
async def any_gateway(database: str | None) -> AsyncIterator[ClientGateway]:
    """The engine that owns the database, or, when none does, the file itself: then nobody else may open it meanwhile."""
    gateway = await _open(database_path(database))
    try:
        yield gateway
    finally:
        await gateway.close()


@asynccontextmanager
async def running_engine(database: str | None, *, on_wait: Callable[[], None]) -> AsyncIterator[ClientGateway]:
    """A running engine, however long it takes until there is one; `on_wait` is called once if it takes long."""
    path = database_path(database)
    gateway = await _connect_when_served(path, on_wait)
    try:
        yield gateway
    finally:
        await gateway.close()


async def _connect_when_served(path: Path, on_wait: Callable[[], None]) -> ClientGateway:
    looks = 0
    while True:
        try:
            return await _connect(path)
        except Unavailable:
            looks += 1
        if looks == LOOKS_BEFORE_WAITING:
            on_wait()
        await asyncio.sleep(LOOK_EVERY_S)


def database_path(database: str | None) -> Path:
    """The database file that a command means."""
    from runcast.store.store import sqlite_path

    return Path(sqlite_path(database or DEFAULT_DATABASE))


async def _open(path: Path) -> ClientGateway:
    deadline = asyncio.get_running_loop().time() + STARTING_S
    while True:
        try:
            return await _connect(path)
        except Unavailable:
            pass
        try:
            return await _open_file(path)
        except DatabaseLocked:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(LOOK_EVERY_S)


async def _connect(path: Path) -> ClientGateway:
    from runcast.sdk.remote import RemoteClientGateway
    from runcast.wire import socket_path

    return await RemoteClientGateway.connect(socket_path(path))


async def _open_file(path: Path) -> ClientGateway:
    """An engine without workers on a free file; a file that does not exist is not made by looking for it."""
    from runcast.server import open_client

    if not path.exists():
        raise Unavailable(f"no database at {path}: start `runcast dev app.py` here, or give --database")
    gateway: ClientGateway = await open_client(path)
    return gateway
