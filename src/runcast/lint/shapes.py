"""Blocks and places: RC005, RC006, RC008, RC011, RC012."""

from __future__ import annotations

import ast

from runcast.lint import known
from runcast.lint.durable import calls, text
from runcast.lint.module import body_nodes, own_nodes
from runcast.lint.visit import Findings, Visit

_STOPS = frozenset({"asyncio.CancelledError", "asyncio.exceptions.CancelledError", "builtins.BaseException"})


def check_finally(visit: Visit) -> Findings:
    """RC005: what is done in a `finally` around durable calls."""
    if not visit.in_task:
        return
    for node in body_nodes(visit.function):
        if not isinstance(node, ast.Try) or not node.finalbody or not visit.durable_in([*node.body, *node.orelse]):
            continue
        for statement in node.finalbody:
            for call in [inner for inner in [statement, *own_nodes(statement)] if isinstance(inner, ast.Call)]:
                if _leaves_traces(visit, call):
                    yield visit.finding("RC005", call, f"`{text(call)}`")


def _leaves_traces(visit: Visit, call: ast.Call) -> bool:
    path = visit.resolve(call.func)
    if path is not None and (known.is_effect(path) or path in known.IO):
        return True
    return visit.durable.is_durable(call, visit.function)


def check_steps(visit: Visit) -> Findings:
    """RC006: durable calls inside a step."""
    if visit.in_task:
        return
    for call in calls(visit.function):
        if visit.durable.is_direct(call, visit.function) and visit.resolve(call.func) not in known.ALSO_IN_STEPS:
            yield visit.finding("RC006", call, f"`{text(call)}`")


def check_handlers(visit: Visit) -> Findings:
    """RC008: handlers that keep an eviction or a cancellation to themselves."""
    if not visit.in_task:
        return
    for node in body_nodes(visit.function):
        if isinstance(node, ast.Try | ast.TryStar) and visit.durable_in(node.body):
            for handler in node.handlers:
                if _catches_stops(visit, handler.type) and not _raises(handler):
                    shown = "except:" if handler.type is None else f"except {text(handler.type)}"
                    yield visit.finding("RC008", handler, f"`{shown}`")
        elif isinstance(node, ast.With | ast.AsyncWith) and visit.durable_in(node.body):
            for item in node.items:
                made = item.context_expr
                suppresses = isinstance(made, ast.Call) and visit.resolve(made.func) == "contextlib.suppress"
                if suppresses and any(_catches_stops(visit, argument) for argument in made.args):  # type: ignore[attr-defined]
                    yield visit.finding("RC008", made, f"`{text(made)}`")


def _catches_stops(visit: Visit, caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    if isinstance(caught, ast.Tuple):
        return any(_catches_stops(visit, item) for item in caught.elts)
    return visit.resolve(caught) in _STOPS


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for statement in handler.body for node in [statement, *own_nodes(statement)])


def check_names(visit: Visit) -> Findings:
    """RC011: steps that are called like every other."""
    if not visit.in_task:
        return
    module = visit.durable.module
    for call in calls(visit.function):
        if not module.is_step_maker(call) or not call.args:
            continue
        options = call.keywords if not isinstance(call.func, ast.Call) else [*call.keywords, *call.func.keywords]
        if any(option.arg in ("key", "name") for option in options):
            continue
        target = call.args[0]
        partial = isinstance(target, ast.Call) and visit.resolve(target.func) == "functools.partial"
        if isinstance(target, ast.Lambda) or partial:
            yield visit.finding("RC011", call, "a lambda" if isinstance(target, ast.Lambda) else "a `partial`")


def check_globals(visit: Visit) -> Findings:
    """RC012: globals of the module that a durable body changes."""
    if not visit.in_task or not visit.durable.reaches(visit.root):
        return
    mutable = _mutable_globals(visit.durable.module.tree) - visit.function.bound
    lent = {name for node in body_nodes(visit.function) if isinstance(node, ast.Global) for name in node.names}
    for node in body_nodes(visit.function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in known.MUTATORS:
                if name in mutable:
                    yield visit.finding("RC012", node, f"`{name}`")
            case ast.Assign(targets=targets):
                for target in targets:
                    yield from _changed(visit, target, mutable, lent)
            case ast.AugAssign(target=target) | ast.Delete(targets=[target]):
                yield from _changed(visit, target, mutable, lent)
            case _:
                continue


def _changed(visit: Visit, target: ast.expr, mutable: set[str], lent: set[str]) -> Findings:
    match target:
        case ast.Subscript(value=ast.Name(id=name)) if name in mutable:
            yield visit.finding("RC012", target, f"`{name}`")
        case ast.Name(id=name) if name in lent:
            yield visit.finding("RC012", target, f"`{name}`")


def _mutable_globals(tree: ast.Module) -> set[str]:
    """Names that the module binds to a list, dict or set."""
    found: set[str] = set()
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_container(value):
                found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if _is_container(value):
                found.add(name)
    return found


def _is_container(value: ast.expr) -> bool:
    match value:
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=made) | ast.Attribute(attr=made)):
            return made in {"Counter", "defaultdict", "deque", "dict", "list", "set", "OrderedDict"}
        case _:
            return False
