"""Checks one module: follows each task and each step through the functions that it calls."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from runcast.lint import known
from runcast.lint.branches import check_awaited, check_decisions, check_order, check_threads
from runcast.lint.durable import CALLS_DEEP_MAX, Durable, calls
from runcast.lint.finding import Finding
from runcast.lint.module import Function, Module, package_of
from runcast.lint.names import Names
from runcast.lint.rules import BY_CODE
from runcast.lint.shapes import check_finally, check_globals, check_handlers, check_names, check_steps
from runcast.lint.unrecorded import check_blocking, check_unrecorded
from runcast.lint.visit import Visit

CHECKS = (
    check_unrecorded,
    check_blocking,
    check_decisions,
    check_order,
    check_awaited,
    check_threads,
    check_finally,
    check_steps,
    check_handlers,
    check_names,
    check_globals,
)
_IGNORE = re.compile(r"#\s*runcast:\s*ignore(?:\[([^\]]*)\])?")


def lint_file(path: Path, *, shown: str | None = None) -> list[Finding]:
    """The findings of one file, in order of place. `shown`: how messages call it."""
    return lint_text(path.read_bytes().decode("utf-8", "replace"), shown=shown or str(path), path=path)


def lint_text(source: str, *, shown: str = "<text>", path: Path | None = None) -> list[Finding]:
    """The findings of a module given as text.

    >>> code = "import time; from runcast import task, wait\\n@task\\nasync def nap():\\n  time.sleep(1); await wait.for_(1)"
    >>> [finding.code for finding in lint_text(code)]
    ['RC009']
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line, column = getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1
        message = BY_CODE["RC000"].message.format(what=getattr(error, "msg", error))
        return [Finding(shown, line, column, "RC000", message, BY_CODE["RC000"].fix, line)]
    package = "" if path is None else package_of(path)
    if not Names(tree, package).knows_us and not package.startswith("runcast"):
        return []
    module = Module(tree, path, package)
    found: dict[tuple[int, int, str], Finding] = {}
    for visit in _visits(module, shown):
        for check in CHECKS:
            for finding in check(visit):
                found.setdefault((finding.line, finding.column, finding.code), finding)
    ignored = _ignored(source)
    return sorted(finding for finding in found.values() if not _is_ignored(finding, ignored))


def _visits(module: Module, shown: str) -> Iterator[Visit]:
    """Every function that is executed in a task or step, once for each way that matters."""
    durable = Durable(module)
    for root in module.all:
        if root.role in ("task", "step"):
            seen: set[tuple[int, bool, bool]] = set()
            yield from _follow(durable, root, root, after=False, on_loop=root.is_async, shown=shown, seen=seen, depth=0)


def _follow(
    durable: Durable,
    function: Function,
    root: Function,
    *,
    after: bool,
    on_loop: bool,
    shown: str,
    seen: set[tuple[int, bool, bool]],
    depth: int,
) -> Iterator[Visit]:
    if (id(function), after, on_loop) in seen or depth > CALLS_DEEP_MAX:
        return
    seen.add((id(function), after, on_loop))
    visit = Visit(durable, function, root, after=after, on_loop=on_loop, path=shown)
    yield visit
    for call in calls(function):
        in_thread = visit.resolve(call.func) in known.THREADS and bool(call.args)
        target = durable.module.find(call.args[0], function) if in_thread else durable.called(call, function)
        if target is None or (target.role == "step" and target.node.decorator_list):
            continue
        yield from _follow(
            durable,
            target,
            root,
            after=visit.flow.before.get(call, False),
            on_loop=on_loop and not in_thread,
            shown=shown,
            seen=seen,
            depth=depth + 1,
        )


def _ignored(source: str) -> dict[int, frozenset[str] | None]:
    """Line to the codes that a comment on it ignores; None: all."""
    found: dict[int, frozenset[str] | None] = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and (match := _IGNORE.search(token.string)):
            codes = match[1]
            found[token.start[0]] = None if codes is None else frozenset(code.strip() for code in codes.split(","))
    return found


def _is_ignored(finding: Finding, ignored: dict[int, frozenset[str] | None]) -> bool:
    for line in {finding.line, finding.end_line}:
        if line in ignored and ((codes := ignored[line]) is None or finding.code in codes):
            return True
    return False
