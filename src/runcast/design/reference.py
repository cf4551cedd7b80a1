"""Writes the reference pages from the code: errors, bounds and public names."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from runcast.domain import errors, limits
from runcast.domain.errors import RuncastError

MADE = "<!-- Made from the code by `make docs`; edit the code instead. -->"


def errors_page() -> str:
    """Every error with its code and what it means."""
    tree = inspect.cleandoc(errors.__doc__ or "").split("\n\n", 1)[1]
    rows = [f"| `{cls.__name__}` | `{cls.code}` | {_first_paragraph(cls)} |" for cls in _tree(RuncastError)]
    intro = (
        "Everything that Runcast raises on purpose is a `RuncastError`. `code` is stable, for programs; the message says\n"
        "what was asked, what was found, and what to do next."
    )
    table = "\n".join(["| error | code | meaning |", "|---|---|---|", *rows])
    return f"# Errors\n\n{MADE}\n\n{intro}\n\n```\n{tree}\n```\n\n{table}\n"


def limits_page() -> str:
    """Every bound of the system with its number."""
    rows = [
        f"| `{name}` | {getattr(limits, name):,} | {text} |" for name, text in _documented_constants(limits.__file__)
    ]
    intro = (
        "Whatever can grow has a bound, and all bounds are on one page of the code, `runcast.domain.limits`. The last word\n"
        "of a name is its unit: bytes, characters, rows, milliseconds (`MS`), seconds (`S`)."
    )
    return "\n".join([f"# Bounds\n\n{MADE}\n\n{intro}\n", "| bound | value | |", "|---|---|---|", *rows, ""])


def _tree(cls: type[RuncastError]) -> Iterator[type[RuncastError]]:
    yield cls
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)


def _first_paragraph(documented: object) -> str:
    return " ".join((inspect.getdoc(documented) or "").split("\n\n", 1)[0].split())


def _documented_constants(file: str) -> Iterator[tuple[str, str]]:
    """Constants of a module in order, each with the text below it."""
    body = ast.parse(Path(file).read_text("utf-8")).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            text = str(following.value.value) if is_text else ""  # type: ignore[union-attr]
            yield node.targets[0].id, " ".join(text.split())
