"""A database that many engines share: how commands recognise and reach one. Nobody owns it, so each opens it directly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runcast import config
from runcast.domain.errors import InvalidInput
from runcast.domain.masked import without_password
from runcast.settings import Settings

if TYPE_CHECKING:
    from runcast.gateway import ClientGateway

_SEARCH_PATH = re.compile(r"search_path(?:=|%3[dD])(\w+)")
AWAY_S = 1.0
"""Between two looks at a database that is away."""


def shared_database(database: str | None) -> str | None:
    """The address of the PostgreSQL that a command means; None when it means a file. Raises `InvalidInput` without the
    driver."""
    from runcast.store.opening import is_shared, require_driver

    named = database or config.load().settings.database
    if not is_shared(named):
        return None
    require_driver()
    return named


def refuse_shared(database: str | None, instead: str) -> None:
    """For what is done to files only. Raises `InvalidInput` with `instead`: what to do with a PostgreSQL at `{name}`,
    with a `{schema}` for pg_dump if the address names one."""
    if (url := shared_database(database)) is not None:
        schema = _SEARCH_PATH.search(url)
        raise InvalidInput(
            instead.format(name=without_password(url), schema=f" --schema={schema[1]}" if schema is not None else "")
        )


def is_shared(settings: Settings) -> bool:
    """Whether the settings mean a PostgreSQL, rather than a file or an engine's own address."""
    return not settings.url and shared_database(settings.database) is not None


async def open_shared(settings: Settings) -> ClientGateway:
    """An engine without workers on the database of the settings, which changes nothing of its schema."""
    from runcast.server import open_client

    return await open_client(settings.database, direct=settings.database_direct)
