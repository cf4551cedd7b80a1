"""Reaching an engine: by the socket of the process that owns a database, or by opening a free file."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from runcast.domain.errors import DatabaseLocked, Unavailable
from runcast.gateway import ClientGateway

G = TypeVar("G", bound=ClientGateway)

STARTING_S = 5.0
"""How long a database may be locked by a server whose socket does not answer yet."""
LOOK_EVERY_S = 0.1
"""How often somebody who waits for an engine looks whether one has come up."""


async def served_or_free(
    connect: Callable[[], Awaitable[ClientGateway]], open_free: Callable[[], Awaitable[ClientGateway]]
) -> ClientGateway:
    """A gateway to the engine that owns a database, or, when none does, into the file itself.

    Raises `DatabaseLocked` when somebody holds the file for long and does not answer.
    """
    deadline = asyncio.get_running_loop().time() + STARTING_S
    while True:
        try:
            return await connect()
        except Unavailable:
            pass
        try:
            return await open_free()
        except DatabaseLocked:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(LOOK_EVERY_S)


async def until_served(
    connect: Callable[[], Awaitable[G]], *, on_wait: Callable[[Unavailable], None], patience_s: float = 0.0
) -> G:
    """A gateway to a running engine, however long it takes until there is one.

    `on_wait` is called once, when nobody has answered for `patience_s`.
    """
    loop = asyncio.get_running_loop()
    patient_until: float | None = loop.time() + patience_s
    while True:
        try:
            return await connect()
        except Unavailable as error:
            if patient_until is not None and loop.time() >= patient_until:
                on_wait(error)
                patient_until = None
            await asyncio.sleep(LOOK_EVERY_S)


async def open_database(database: str | Path, *, direct: str = "", extensions: bool = False) -> ClientGateway:
    """An engine without workers on a free database file, or on a PostgreSQL. Raises `DatabaseLocked` when another process
    owns the file. `direct`: the PostgreSQL's address without a pooler; `extensions`: for `transact`, too.

    The only place where the SDK reaches the server's side, by name, because the arrows of the layers point the
    other way: whoever triggers into a file that no server owns must write it somehow.
    """
    server = importlib.import_module("runcast.server")
    gateway: ClientGateway = await server.open_client(database, direct=direct, extensions=extensions)
    return gateway
