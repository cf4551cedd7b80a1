"""The laws of our Python code that no linter can say, each a function from files to findings."""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from runcast.design.source import Finding, FunctionNode, Source

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50

BANNED_MODULES = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"})

GLOSSARY = {
    "actor": "task",
    "cancelled": "canceled (one spelling, the wire's)",
    "countdown": "delay",
    "cronjob": "schedule",
    "dag": "run with children",
    "reaper": "rescue",
    "sweeper": "prune",
    "waitpoint": "wait",
    "workflow": "task",
}
"""A word that others use, and ours for the same thing."""


class Declared(msgspec.Struct, frozen=True):
    """Import names that pyproject.toml asks for: always, and in folders that extras are named for."""

    always: frozenset[str]
    extras: dict[str, frozenset[str]]


_UNITLESS = frozenset({"timeout", "delay", "interval", "duration", "lease", "period", "elapsed", "grace", "age"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def says_what_it_does(source: Source) -> Iterator[Finding]:
    """A module starts with one sentence."""
    docstring = ast.get_docstring(source.tree) or ""
    first = docstring.split("\n\n", 1)[0].strip()
    if not first or first[-1] not in ".:":
        yield source.finding(1, "start the file with a sentence: a file does one thing that a sentence can say")


def is_small(source: Source) -> Iterator[Finding]:
    """Files and functions fit in a reader's head."""
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield source.finding(1, f"{lines} lines, over {FILE_LINES_MAX}: does it hold one idea? move the other one out")
    for function in source.functions():
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES_MAX:
            reason = "keep the branches here and move straight work to pure functions"
            yield source.finding(
                function.lineno, f"`{function.name}` has {length} lines, over {FUNCTION_LINES_MAX}: {reason}"
            )


def has_a_telling_name(source: Source) -> Iterator[Finding]:
    """No module is a drawer for whatever has no place."""
    parts = {source.path.stem, *source.path.parent.parts}
    for banned in sorted(parts & BANNED_MODULES):
        yield source.finding(1, f"`{banned}` says nothing: name the file for the one thing it does")


def uses_our_words(source: Source) -> Iterator[Finding]:
    """A thing has one word, the glossary's."""
    for line, name in _defined_names(source.tree):
        for word in _WORD.findall(name):
            if ours := GLOSSARY.get(word.lower()):
                yield source.finding(line, f"`{name}` says {word!r}; the glossary's word is: {ours}")


def names_its_units(source: Source) -> Iterator[Finding]:
    """A number of time carries its unit; users hand the SDK durations, of which a bare number is seconds."""
    if "sdk" in source.path.parts:
        return
    for line, name, annotation in _annotated_names(source.tree):
        number = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)} & {"int", "float"}
        alone = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)} <= {"int", "float"}
        if number and alone and name.rsplit("_", 1)[-1] in _UNITLESS:
            yield source.finding(
                line, f"`{name}` is a bare number: say the unit last, such as `{name}_ms` or `{name}_s`"
            )


def owns_its_module_state(source: Source) -> Iterator[Finding]:
    """An empty container at module level is there to be filled: state of the process, which says so or moves."""
    for node, following in itertools.pairwise([*source.tree.body, ast.Pass()]):
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if value is not None and _is_empty_container(value) and not _is_docstring(following):
            reason = "let the composition root build it, or say below why the process has one"
            yield source.finding(node.lineno, f"module-level mutable state: {reason}")


def ends_when_canceled(source: Source) -> Iterator[Finding]:
    """Whoever is canceled ends. `asyncio.wait_for` of Python 3.11 forgets a cancellation that comes with the answer."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "asyncio.wait_for":
            yield source.finding(node.lineno, "`wait_for` may forget that it was canceled: use `asyncio.timeout`")


def services_are_strangers(sources: Sequence[Source]) -> Iterator[Finding]:
    """Engine services do not import each other: they meet in stored facts and in `wake(...)`."""
    services = {".".join(source.path.with_suffix("").parts[1:]): source for source in sources if _is_service(source)}
    for source in services.values():
        for line, name in source.imported():
            other = next((service for service in services if name == service or name.startswith(f"{service}.")), None)
            if other and services[other] is not source:
                reason = "services meet in stored facts and in `wake(...)`, so that each can be read and tested alone"
                yield source.finding(line, f"a service imports the service `{other}`: {reason}")


def declares_its_imports(sources: Iterable[Source], declared: Declared) -> Iterator[Finding]:
    """What the package imports is what it asks the installer for."""
    for source in sources:
        of_folders = (names for folder, names in declared.extras.items() if folder in source.path.parts)
        extra = frozenset[str]().union(*of_folders)
        known = declared.always | extra | sys.stdlib_module_names | {"runcast"}
        for line, name in source.imported():
            if (top := name.split(".", 1)[0]) not in known:
                yield source.finding(
                    line, f"`{top}` is not in the dependencies of pyproject.toml: a fresh install would fail"
                )


FILE_LAWS = (
    says_what_it_does,
    is_small,
    has_a_telling_name,
    uses_our_words,
    names_its_units,
    owns_its_module_state,
    ends_when_canceled,
)


def _is_service(source: Source) -> bool:
    """A module of `engine/` with a `tick`, except the base of all services."""
    in_engine = "engine" in source.path.parts and source.path.stem != "service"
    return in_engine and any(function.name == "tick" for function in source.functions())


def _defined_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr


def _annotated_names(tree: ast.Module) -> Iterator[tuple[int, str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation:
            yield node.lineno, node.arg, node.annotation
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.lineno, node.target.id, node.annotation


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_empty_container(value: ast.expr) -> bool:
    match value:
        case ast.Dict(keys=[]) | ast.List(elts=[]):
            return True
        case ast.Call(
            func=ast.Name(id="dict" | "list" | "set" | "defaultdict" | "deque" | "WeakKeyDictionary"), args=args
        ):
            return not args or not isinstance(args[0], ast.GeneratorExp | ast.List | ast.Dict | ast.Set)
        case _:
            return False
