"""Who gets a bare `trigger()`: the run that is executing, else the engine or the database of the settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from runcast import config
from runcast.domain.errors import InvalidInput
from runcast.sdk.doors import DatabaseDoor, Door, SocketDoor

_DECIDING = ("RUNCAST_URL", "RUNCAST_DATABASE", "RUNCAST_CONFIG", "XDG_CONFIG_HOME")
"""The variables that decide who is asked."""

_doors: dict[str, Door] = {}
"""Open doors of this process by address: connections are shared, as a database file is."""


def current_door() -> Door:
    """The door of code outside of any run, by the settings and the environment as they are now."""
    if "" in _doors:
        return _doors[""]
    settings = _settings_of(Path.cwd(), *map(os.environ.get, _DECIDING))
    return door_to_url(settings.url) if settings.url else door_to_database(settings.database)


@lru_cache(maxsize=8)
def _settings_of(_here: Path, *_deciding: str | None) -> config.Settings:
    """The settings, read again only when another directory or variable may say another thing: 40 µs of each trigger."""
    return config.load().settings


def use_door(door: Door | None) -> Door | None:
    """Make `door` the one of this process (an embedded engine, a test), or take it away; returns the one before."""
    before = _doors.pop("", None)
    if door is not None:
        _doors[""] = door
    return before


def door_to_url(url: str) -> Door:
    """The door to a running engine: `unix:///path/to.sock` or a path."""
    socket = socket_of_url(url)
    return _shared(f"unix:{url}", lambda: SocketDoor(socket))


def socket_of_url(url: str) -> Path:
    """The socket of `unix:///path/to.sock`, or of a path. Raises `InvalidInput` for another address."""
    if url.startswith(("http://", "https://")):
        raise InvalidInput(
            f"RUNCAST_URL {url!r}: this version reaches an engine by its unix socket or its database file; "
            "give unix:///path/to/runcast.db.sock, or set RUNCAST_DATABASE"
        )
    return Path(url.removeprefix("unix://"))


def door_to_database(database: str | Path) -> Door:
    """The door to a database file: `path`, or `sqlite:///path`."""
    text = str(database).removeprefix("sqlite:///")
    if "://" in text:
        raise InvalidInput(f"database {text!r}: this version opens SQLite files; give a path")
    path = Path(text).absolute()
    return _shared(f"file:{path}", lambda: DatabaseDoor(path))


def _shared(address: str, make: Callable[[], Door]) -> Door:
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
