"""`[tool.runcast.lint]`: which rules, and which files not."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from runcast.domain.errors import InvalidInput
from runcast.lint.rules import RULES


class LintConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for. Codes may be beginnings: `RC` is every rule."""

    select: tuple[str, ...] = ("RC",)
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    """Glob patterns of paths, relative to the configuration file, that are not read."""
    root: str = "."
    """Where `exclude` begins; not to be configured."""

    def wants(self, code: str) -> bool:
        """Whether findings of this rule are shown. A file that cannot be parsed always is."""
        return code == "RC000" or (code.startswith(self.select) and not (self.ignore and code.startswith(self.ignore)))


def read_config(start: Path, *, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> LintConfig:
    """The configuration of the project around `start`; `select` and `ignore` come on top of it.

    Raises `InvalidInput` for an unknown setting or code.
    """
    table, home = _find_table(start.resolve())
    try:
        config = msgspec.convert(table, LintConfig)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"[tool.runcast.lint] in {home}: {error}") from error
    config = msgspec.structs.replace(
        config, select=tuple(select) or config.select, ignore=(*config.ignore, *ignore), root=str(home)
    )
    for code in (*config.select, *config.ignore):
        if not code or not any(rule.code.startswith(code) for rule in RULES):
            known = ", ".join(rule.code for rule in RULES)
            raise InvalidInput(f"no lint rule begins with {code!r}: there are {known}")
    return config


def _find_table(start: Path) -> tuple[dict[str, Any], Path]:
    """The table of the nearest runcast.toml or pyproject.toml above `start`, and where that lies."""
    folder = start if start.is_dir() else start.parent
    for home in (folder, *folder.parents):
        for file in (home / "runcast.toml", home / "pyproject.toml"):
            if file.is_file():
                settings = _read(file)
                if file.name == "pyproject.toml":
                    settings = settings.get("tool", {}).get("runcast", {})
                return settings.get("lint", {}), home
    return {}, folder


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{file} is not valid TOML: {error}") from error
