"""Lints files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from runcast.domain.errors import InvalidInput
from runcast.lint.check import lint_file
from runcast.lint.config import LintConfig
from runcast.lint.finding import Finding

SKIPPED = frozenset({"__pycache__", "build", "dist", "node_modules", "site-packages"})
"""Folders that hold no code of the project; nor do hidden ones."""


def lint_paths(paths: Sequence[Path], config: LintConfig | None = None) -> list[Finding]:
    """The findings of every Python file in `paths`. Raises `InvalidInput` for a path that is not there."""
    chosen = config or LintConfig()
    found = [finding for file in find_files(paths, chosen) for finding in lint_file(file)]
    return sorted(finding for finding in found if chosen.wants(finding.code))


def find_files(paths: Sequence[Path], config: LintConfig) -> Iterator[Path]:
    """The Python files; one that is named itself is read whatever `exclude` says."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise InvalidInput(f"no file or folder {str(path)!r}")
        named = [path] if path.is_file() else [file for file in _walk(path) if not _is_excluded(file, config)]
        for file in named:
            if (real := file.resolve()) not in seen:
                seen.add(real)
                yield file


def _walk(folder: Path) -> Iterator[Path]:
    for home, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in SKIPPED and not name.startswith("."))
        yield from (Path(home, name) for name in sorted(files) if name.endswith(".py"))


def _is_excluded(file: Path, config: LintConfig) -> bool:
    if not config.exclude:
        return False
    try:
        relative = file.resolve().relative_to(Path(config.root).resolve()).as_posix()
    except ValueError:
        return False
    return any(fnmatch(relative, pattern) for pattern in config.exclude)
