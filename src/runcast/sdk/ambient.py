"""Who gets a bare `trigger()`: the run that is executing, else the engine or the database of the settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from runcast import config
from runcast.domain.access import check_environment
from runcast.domain.address import is_network, parse_addresses
from runcast.domain.errors import InvalidInput
from runcast.domain.masked import masked
from runcast.sdk.dial import Endpoint, Where
from runcast.sdk.doors import DatabaseDoor, Door, SocketDoor
from runcast.sdk.shared_door import SharedDoor
from runcast.settings import Settings

_DECIDING = (
    "RUNCAST_URL",
    "RUNCAST_KEY",
    "RUNCAST_TLS_CA",
    "RUNCAST_DATABASE",
    "RUNCAST_DATABASE_DIRECT",
    "RUNCAST_CONFIG",
    "XDG_CONFIG_HOME",
)
"""The variables that decide who is asked."""


class Surroundings(NamedTuple):
    """What a request that an engine serves is surrounded by."""

    door: Door
    environment: str


surroundings: ContextVar[Surroundings | None] = ContextVar("surroundings", default=None)
"""Of code that serves a request of an engine, such as a route of an extension."""

_doors: dict[Hashable, Door] = {}
"""Open doors of this process by address: connections are shared, as a database file is."""


def current_door() -> Door:
    """The door of code outside of any run, by the settings and the environment as they are now."""
    around = surroundings.get()
    if around is not None:
        return around.door
    if "" in _doors:
        return _doors[""]
    settings = _current_settings()
    return door_to_url(settings.url) if settings.url else door_to_database(settings.database)


def current_environment() -> str:
    """Where code outside of any run triggers, by the settings as they are now. Raises `InvalidInput`."""
    around = surroundings.get()
    if around is not None:
        return around.environment
    said = os.environ.get("RUNCAST_ENVIRONMENT")
    if not said:
        said = "dev" if "" in _doors else _current_settings().environment
    return check_environment(said)


def _current_settings() -> Settings:
    return _settings_of(Path.cwd(), *map(os.environ.get, _DECIDING))


@lru_cache(maxsize=8)
def _settings_of(_here: Path, *_deciding: str | None) -> Settings:
    """The settings, read again only when another directory or variable may say another thing: 40 µs of each trigger."""
    return config.load().settings


def use_door(door: Door | None) -> Door | None:
    """Make `door` the one of this process (an embedded engine, a test), or take it away; returns the one before."""
    before = _doors.pop("", None)
    if door is not None:
        _doors[""] = door
    return before


def door_to_url(url: str, *, key: str | None = None, tls_ca: str | None = None) -> Door:
    """The door to a running engine: a path or `unix:///path/to.sock`, or `tcp://host:port` or
    `https://host` with a key, which is that of the settings unless another is given."""
    settings = _current_settings()
    where = find_engine(
        url,
        key=settings.shown_key if key is None else key,
        tls_ca=settings.tls_ca if tls_ca is None else tls_ca,
    )
    # A frozen value with the key: two keys are two connections.
    return _shared(where, lambda: SocketDoor(where))


def find_engine(url: str, *, key: str = "", tls_ca: str = "") -> Where:
    """What `url` names: a socket's file, or engines on the network. Raises `InvalidInput` for another address."""
    if is_network(url):
        return Endpoint(parse_addresses(url), key, tls_ca)
    if "://" in url and not url.startswith("unix://"):
        raise InvalidInput(
            f"RUNCAST_URL {masked(url)!r}: an engine is reached at unix:///path/to/runcast.db.sock, "
            "tcp://host:port, tls://host:port or https://host"
        )
    return Path(url.removeprefix("unix://"))


def door_to_database(database: str | Path) -> Door:
    """The door to a database: a file's `path` or `sqlite:///path`, or `postgresql://user@host/name`."""
    text = str(database).removeprefix("sqlite:///")
    if text.startswith(("postgresql://", "postgres://")):
        direct = _current_settings().database_direct
        return _shared(("shared", text, direct), lambda: SharedDoor(text, direct=direct))
    if "://" in text:
        raise InvalidInput(f"database {masked(text)!r}: give a path, sqlite:///path, or postgresql://user@host/name")
    path = Path(text).absolute()
    return _shared(("file", path), lambda: DatabaseDoor(path))


def _shared(address: Hashable, make: Callable[[], Door]) -> Door:
    door = _doors.get(address)
    if door is None:
        door = _doors.setdefault(address, make())
    return door


def public_url() -> str:
    """Where people reach pages, by the settings as they are now; empty while nothing serves any."""
    return config.load().settings.public_url


def page_url(path: str, *, command: str, base: str) -> str:
    """The address of a page, such as `runs/run_…`, below `base`; without one, the command that does the same."""
    return f"{base.rstrip('/')}/{path}" if base else command
