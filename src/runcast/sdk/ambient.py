"""Who gets a bare `trigger()`: the run that is executing, else `RUNCAST_URL`, else the database."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from runcast.domain.errors import InvalidInput
from runcast.sdk.doors import DatabaseDoor, Door, SocketDoor

DEFAULT_DATABASE = ".runcast/runcast.db"
DEFAULT_PAGES = "http://127.0.0.1:8321"

_doors: dict[str, Door] = {}
"""Open doors of this process by address: connections are shared, as a database file is."""


def current_door() -> Door:
    """The door of code outside of any run, by the environment as it is now."""
    if "" in _doors:
        return _doors[""]
    url = os.environ.get("RUNCAST_URL")
    return door_to_url(url) if url else door_to_database(os.environ.get("RUNCAST_DATABASE") or DEFAULT_DATABASE)


def use_door(door: Door | None) -> Door | None:
    """Make `door` the one of this process (an embedded engine, a test), or take it away; returns the one before."""
    before = _doors.pop("", None)
    if door is not None:
        _doors[""] = door
    return before


def door_to_url(url: str) -> Door:
    """The door to a running engine: `unix:///path/to.sock` or a path."""
    if url.startswith(("http://", "https://")):
        raise InvalidInput(
            f"RUNCAST_URL {url!r}: this version reaches an engine by its unix socket or its database file; "
            "give unix:///path/to/runcast.db.sock, or set RUNCAST_DATABASE"
        )
    return _shared(f"unix:{url}", lambda: SocketDoor(Path(url.removeprefix("unix://"))))


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


def page_url(path: str) -> str:
    """The address of a page, such as `runs/run_…`: under `RUNCAST_PAGES`, where the dashboard is reached."""
    return f"{os.environ.get('RUNCAST_PAGES', DEFAULT_PAGES).rstrip('/')}/{path}"
