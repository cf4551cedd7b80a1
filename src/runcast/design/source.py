"""A Python file as the laws see it: its place, its text, its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Finding(msgspec.Struct, frozen=True, order=True):
    """One breach of a law, with the reason for the law in its message."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Source(msgspec.Struct, frozen=True):
    """One parsed file; `path` is relative to the repository, with forward slashes."""

    path: PurePosixPath
    text: str
    tree: ast.Module

    def finding(self, line: int, message: str) -> Finding:
        """A breach in this file."""
        return Finding(str(self.path), line, message)

    def functions(self) -> Iterator[FunctionNode]:
        """Every function and method, nested ones included."""
        for node in ast.walk(self.tree):
            if isinstance(node, FunctionNode):
                yield node

    def imported(self) -> Iterator[tuple[int, str]]:
        """Line and full name of everything imported, `from a import b` as `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, name.name) for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def parse(path: PurePosixPath, text: str) -> Source:
    """A file from its text; raises `SyntaxError` where it is not Python."""
    return Source(path, text, ast.parse(text, filename=str(path)))


def read_sources(root: Path, folder: str) -> list[Source]:
    """Every Python file below `root / folder`, in order of path."""
    files = sorted((root / folder).rglob("*.py"))
    return [parse(PurePosixPath(file.relative_to(root).as_posix()), file.read_text("utf-8")) for file in files]
