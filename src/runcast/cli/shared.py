"""A database that many engines share: how commands recognise and reach one. Nobody owns it, so each opens it directly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runcast import config

if TYPE_CHECKING:
    from runcast.gateway import ClientGateway

AWAY_S = 1.0
"""Between two looks at a database that is away."""


def shared_database(database: str | None) -> str | None:
    """The address of the PostgreSQL that a command means; None when it means a file."""
    from runcast.store.opening import is_shared

    named = database or config.load().settings.database
    return named if is_shared(named) else None


def is_shared(settings: config.Settings) -> bool:
    """Whether the settings mean a PostgreSQL, rather than a file or an engine's own address."""
    return not settings.url and shared_database(settings.database) is not None


async def open_shared(settings: config.Settings) -> ClientGateway:
    """An engine without workers on the database of the settings, which changes nothing of its schema."""
    from runcast.server import open_client

    return await open_client(settings.database, direct=settings.database_direct)
