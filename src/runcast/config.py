"""The settings of a process, and where each comes from: defaults, files, environment, flags, in rising precedence.

Files are `runcast.toml`, or the table `[tool.runcast]` of `pyproject.toml`, in the current directory or the nearest above
it, and below that one the user's own `$XDG_CONFIG_HOME/runcast/runcast.toml`. Paths in a file are relative to the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from runcast.config_files import File, find_files
from runcast.domain.durations import duration_ms
from runcast.domain.errors import InvalidInput
from runcast.domain.nearest import did_you_mean
from runcast.settings import DEFAULT_DATABASE, OTHER_VARIABLES, PREFIX, Setting, Settings, all_settings


class Config(msgspec.Struct, frozen=True):
    """Settings with their origins."""

    settings: Settings
    origins: dict[str, str]
    """Name of a setting to the file, variable or flag that says it; what is not here has its default."""
    home: Path
    """Where the project is: the directory of its file, or the current one."""
    files: tuple[Path, ...]
    """Those that were read, the strongest last."""


def load(flags: Mapping[str, object] | None = None, *, environ: Mapping[str, str] | None = None) -> Config:
    """The settings as they are now. `flags` are by name of setting; None means not given.

    Raises `InvalidInput` that names the file, variable or flag, for an unknown name and for a value of the wrong kind.

    >>> load({"workers": 4}, environ={}).settings.workers
    4
    """
    environ = os.environ if environ is None else environ
    here = Path.cwd()
    files = find_files(here, environ.get("RUNCAST_CONFIG", ""), environ.get("XDG_CONFIG_HOME", ""))
    project = files[-1] if files and files[-1].is_project else None
    home = project.path.parent if project else here
    values: dict[str, Any] = {"database": _anchored(DEFAULT_DATABASE, home, here)}
    origins: dict[str, str] = {}
    strength: dict[str, int] = {}
    for tier, setting, raw, origin in _given(files, environ, flags or {}, here):
        values[setting.attribute] = _convert(setting, raw, origin)
        origins[setting.name] = origin
        strength[setting.name] = tier
    if strength.get("database", 0) > strength.get("url", 0):
        # Who names a database more strongly than a socket means the database.
        values["url"] = ""
        origins.pop("url", None)
    return Config(Settings(**values), origins, home, tuple(file.path for file in files))


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """`RUNCAST_…` variables that mean nothing, each with what was probably meant.

    >>> unknown_variables({"RUNCAST_CONCURENCY": "8"})
    ["RUNCAST_CONCURENCY is no setting. Did you mean 'RUNCAST_CONCURRENCY'?"]
    """
    known = {setting.variable for setting in all_settings()} | set(OTHER_VARIABLES)
    return [
        f"{name} is no setting.{did_you_mean(name, known, cutoff=0.8)}"
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    ]


# --- values


def _given(
    files: tuple[File, ...], environ: Mapping[str, str], flags: Mapping[str, object], here: Path
) -> Iterator[tuple[int, Setting, object, str]]:
    """(tier, setting, value as given, origin); what comes later, and has the higher tier, is stronger."""
    known = {setting.name: setting for setting in all_settings()}
    for tier, file in enumerate(files, 1):
        for name, raw in file.table.items():
            if name == _LINT:
                continue
            if name not in known:
                raise InvalidInput(f"{file.path}: no setting {name!r}.{did_you_mean(name, known)} {_WHERE_LISTED}")
            yield tier, known[name], _from_file(known[name], raw, file.path.parent, here), str(file.path)
    for setting in known.values():
        if raw := environ.get(setting.variable):
            yield len(files) + 1, setting, raw.split(",") if setting.kind == "list" else raw, setting.variable
    for name, value in flags.items():
        if value is not None:
            yield len(files) + 2, known[name], value, known[name].flag or "the command line"


_LINT = "lint"
"""A table of its own, which `runcast lint` reads."""
_WHERE_LISTED = "`runcast config` lists all."


def _from_file(setting: Setting, raw: object, folder: Path, here: Path) -> object:
    if setting.kind == "path" and isinstance(raw, str) and (setting.name != "app" or raw.endswith(".py")):
        return _anchored(raw, folder, here)
    if setting.name == "modules" and isinstance(raw, list):
        return [_anchored(one, folder, here) if isinstance(one, str) and one.endswith(".py") else one for one in raw]
    if setting.name == "outbox" and isinstance(raw, list):
        return [_anchored(one.removeprefix("sqlite:///"), folder, here) if isinstance(one, str) else one for one in raw]
    return raw


def _anchored(path: str, folder: Path, here: Path) -> str:
    """A path that was written relative to `folder`, for a process whose current directory is `here`."""
    if folder == here or "://" in path or path == ":memory:":
        return path
    return str(folder / path)


def _convert(setting: Setting, raw: object, origin: str) -> Any:
    try:
        if setting.kind == "duration":
            return duration_ms(_number(raw), name=setting.name)
        # Variables are text: "4" and "true" are read as what they stand for.
        is_text = origin == setting.variable
        return msgspec.convert(raw, setting.type, strict=not is_text)
    except (msgspec.ValidationError, InvalidInput) as error:
        article = "" if " or " in setting.kind else "a "
        got = "something else" if setting.is_secret else f"{raw!r}: {error}"
        raise InvalidInput(f"{origin}: {setting.name} is {article}{setting.kind}, got {got}") from error


def _number(raw: Any) -> Any:
    """A bare number in a variable is seconds, as everywhere."""
    try:
        return float(raw) if isinstance(raw, str) else raw
    except ValueError:
        return raw
