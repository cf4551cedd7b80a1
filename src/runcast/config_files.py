"""Finds and reads the files that settings come from: `runcast.toml`, or `[tool.runcast]` in `pyproject.toml`."""

from __future__ import annotations

import stat
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from runcast.domain.errors import InvalidInput

FILE = "runcast.toml"


class File(NamedTuple):
    """What a file says."""

    path: Path
    table: dict[str, Any]
    is_project: bool


@lru_cache(maxsize=8)
def find_files(here: Path, named: str, user_folder: str) -> tuple[File, ...]:
    """The files that count in the directory `here`, the strongest last; read once for a process."""
    user = _read_file(Path(user_folder or Path.home() / ".config") / "runcast" / FILE, is_project=False)
    project = _find_project(here) if not named else _read_named(here / named)
    return tuple(file for file in (user, project) if file is not None)


def _find_project(here: Path) -> File | None:
    for folder in (here, *here.parents):
        # Whoever may write there could choose the code that we run.
        if folder != here and folder.is_dir() and folder.stat().st_mode & stat.S_IWOTH:
            return None
        found = _read_file(folder / FILE) or _read_file(folder / "pyproject.toml")
        if found is not None:
            return found
    return None


def _read_named(path: Path) -> File:
    found = _read_file(path)
    if found is None:
        raise InvalidInput(f"RUNCAST_CONFIG names {path}, which is not there or says nothing of Runcast")
    return found


def _read_file(path: Path, *, is_project: bool = True) -> File | None:
    """None when there is no such file, or it does not speak of us."""
    if not path.is_file():
        return None
    import tomllib

    try:
        text = path.read_text("utf-8")
        if path.name == "pyproject.toml" and "runcast" not in text:
            return None
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"cannot read the settings in {path}: {error}") from error
    if path.name != "pyproject.toml":
        return File(path, table, is_project)
    tool = table.get("tool")
    ours = tool.get("runcast") if isinstance(tool, dict) else None
    if ours is not None and not isinstance(ours, dict):
        raise InvalidInput(
            f"{path}: tool.runcast is a table, got {ours!r}. Write [tool.runcast], and settings below it."
        )
    return None if ours is None else File(path, ours, is_project)
