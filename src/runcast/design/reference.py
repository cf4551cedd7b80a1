"""Writes the reference pages from the code: errors, bounds and public names."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import runcast
from runcast.domain import errors, limits
from runcast.domain.errors import RuncastError
from runcast.sdk import result

MADE = "<!-- Made from the code by `make docs`; edit the code instead. -->"
INSIDE_MODULES = frozenset({"hooks.hook_name", "hooks.is_async", "tasks.named_request", "wait.sleep"})
"""Functions of public modules that only Runcast calls."""


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


def names_page() -> str:
    """Every public name with its first sentence; modules with what they hold."""
    found = {name: getattr(runcast, name) for name in runcast.__all__ if not name.startswith("_")}
    modules = {name: value for name, value in found.items() if isinstance(value, ModuleType)}
    plain = {name: value for name, value in found.items() if name not in modules and not is_error(value)}
    intro = (
        "`from runcast import …` gives these, and nothing else is public. [Errors](errors.md) have a page of their own."
    )
    parts = [f"# Names\n\n{MADE}\n\n{intro}\n", _table(plain, "")]
    parts += [
        f"## `{name}`\n\n{_first_paragraph(module)}\n\n{_table(members(module), f'{name}.')}"
        for name, module in modules.items()
    ]
    return "\n".join(parts)


def _table(names: dict[str, object], prefix: str) -> str:
    aliases = dict(_documented_constants(result.__file__))
    rows = [
        f"| `{prefix}{name}` | {aliases.get(name) or _first_paragraph(value)} |"
        for name, value in names.items()
        if f"{prefix}{name}" not in INSIDE_MODULES
    ]
    return "\n".join(["| name | |", "|---|---|", *rows, ""])


def members(module: ModuleType) -> dict[str, object]:
    """Public functions that the module defines or binds, in order; of a package, what its `__all__` says."""
    home = module.__name__
    if hasattr(module, "__path__"):
        return {name: getattr(module, name) for name in module.__all__}
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and inspect.isroutine(value) and value.__module__ == home
    }


def is_error(value: object) -> bool:
    """Whether the errors' page has it."""
    return isinstance(value, type) and value.__module__ == errors.__name__ and issubclass(value, RuncastError)


def _tree(cls: type[RuncastError]) -> Iterator[type[RuncastError]]:
    yield cls
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)


def _first_paragraph(documented: object) -> str:
    return _in_a_cell((inspect.getdoc(documented) or "").split("\n\n", 1)[0])


def _in_a_cell(text: str) -> str:
    """On one line, with the character that would end a table's cell escaped."""
    return " ".join(text.split()).replace("|", "\\|")


def _documented_constants(file: str) -> Iterator[tuple[str, str]]:
    """Constants of a module in order, each with the text below it."""
    body = ast.parse(Path(file).read_text("utf-8")).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            text = str(following.value.value) if is_text else ""  # type: ignore[union-attr]
            yield node.targets[0].id, _in_a_cell(text)
