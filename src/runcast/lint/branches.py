"""Order, decisions and branches: RC004, RC007, RC013, RC014."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from runcast.lint import known
from runcast.lint.durable import calls, text
from runcast.lint.module import body_nodes, own_nodes
from runcast.lint.visit import Findings, Visit

_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def check_decisions(visit: Visit) -> Findings:
    """RC004: the standard library's first-completed functions and timeouts over durable calls."""
    if not visit.in_task:
        return
    holders = _holders(visit)
    for call in calls(visit.function):
        path = visit.resolve(call.func)
        if path in known.FIRST_COMPLETED and _decides(path, call) and _over_durable(visit, call, holders):
            yield visit.finding("RC004", call, f"`{text(call.func)}`")
    for node in body_nodes(visit.function):
        if isinstance(node, ast.AsyncWith) and visit.durable_in(node.body):
            for item in node.items:
                made = item.context_expr
                if isinstance(made, ast.Call) and visit.resolve(made.func) in known.TIMEOUTS:
                    yield visit.finding("RC004", made, f"`{text(made.func)}`")


def _decides(path: str, call: ast.Call) -> bool:
    """`asyncio.wait` for all of them, without a timeout, decides nothing; nor does `wait_for(…, None)`."""
    options = {keyword.arg: keyword.value for keyword in call.keywords}
    if path == "asyncio.wait_for":
        limit = call.args[1] if len(call.args) > 1 else options.get("timeout")
        return not (isinstance(limit, ast.Constant) and limit.value is None)
    if path == "asyncio.wait":
        how = options.get("return_when")
        return "timeout" in options or (how is not None and not ast.unparse(how).endswith("ALL_COMPLETED"))
    return True


def _over_durable(visit: Visit, call: ast.Call, holders: set[str]) -> bool:
    if any(visit.durable_in(argument) for argument in call.args[:1]):
        return True
    nodes = [node for argument in call.args[:1] for node in [argument, *own_nodes(argument)]]
    return any(isinstance(node, ast.Name) and node.id in holders for node in nodes)


def _holders(visit: Visit) -> set[str]:
    """Names of the body that hold durable calls, or asyncio tasks that make some."""
    found: set[str] = set()
    for node in body_nodes(visit.function):
        if isinstance(node, ast.Assign) and any(not awaited for _, awaited in _made(visit, node.value)):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in known.MUTATORS:
            held = [argument for argument in node.args if any(not awaited for _, awaited in _made(visit, argument))]
            if held and isinstance(node.func.value, ast.Name):
                found.add(node.func.value.id)
    return found


def _made(visit: Visit, node: ast.expr, *, awaited: bool = False) -> Iterator[tuple[ast.Call, bool]]:
    """The durable calls of an expression, each with whether it is awaited there."""
    if isinstance(node, ast.Call) and visit.durable.is_durable(node, visit.function):
        yield node, awaited
    waits = isinstance(node, ast.Await) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "result"
    )
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr | ast.comprehension | ast.keyword) and not isinstance(child, ast.Lambda):
            yield from _made(visit, child, awaited=awaited or waits)  # type: ignore[arg-type]


def check_order(visit: Visit) -> Findings:
    """RC007: durable calls in the order of a set."""
    if not visit.in_task:
        return
    sets = _sets(visit)
    for node in body_nodes(visit.function):
        if isinstance(node, ast.For | ast.AsyncFor) and visit.durable_in(node.body):
            yield from _unordered(visit, [node.iter], sets)
        elif isinstance(node, _Comprehension) and _elements_durable(visit, node):
            yield from _unordered(visit, [generator.iter for generator in node.generators], sets)
        elif isinstance(node, ast.Call):
            yield from _unordered(visit, _handed_to_durable(visit, node), sets)


def _elements_durable(visit: Visit, node: ast.expr) -> bool:
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]  # type: ignore[attr-defined]
    return any(visit.durable_in(part) for part in parts)


def _handed_to_durable(visit: Visit, call: ast.Call) -> list[ast.expr]:
    """What a batch, or `map` of a step, takes its items from."""
    if isinstance(call.func, ast.Attribute) and call.func.attr.startswith("batch_trigger"):
        return call.args[:1]
    if visit.resolve(call.func) == "builtins.map" and len(call.args) > 1:
        maker = ast.Call(func=call.args[0], args=[], keywords=[])
        return call.args[1:] if visit.durable.is_durable(maker, visit.function) else []
    return []


def _unordered(visit: Visit, sources: Iterable[ast.expr], sets: set[str]) -> Findings:
    for source in sources:
        if _is_unordered(visit, source, sets):
            yield visit.finding("RC007", source, f"`{text(source)}`")


def _is_unordered(visit: Visit, node: ast.expr, sets: set[str]) -> bool:  # noqa: PLR0911 - a table of expressions
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Name(id=name):
            return name in sets
        case ast.BinOp(left=left, right=right, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor()):
            return _is_unordered(visit, left, sets) or _is_unordered(visit, right, sets)
        case ast.ListComp(generators=[first, *_]) | ast.GeneratorExp(generators=[first, *_]):
            return _is_unordered(visit, first.iter, sets)
        case ast.DictComp(generators=[first, *_]):
            return _is_unordered(visit, first.iter, sets)
        case ast.Starred(value=value):
            return _is_unordered(visit, value, sets)
        case ast.Call(func=func, args=args):
            path = visit.resolve(func)
            if path in known.UNORDERED:
                return True
            if path in known.KEEPS_ORDER:
                return any(_is_unordered(visit, argument, sets) for argument in args)
            view = isinstance(func, ast.Attribute) and func.attr in ("keys", "values", "items", "copy", "union")
            return view and _is_unordered(visit, func.value, sets)  # type: ignore[attr-defined]
        case _:
            return False


def _sets(visit: Visit) -> set[str]:
    """Names of the body that only ever hold sets, or what is in the order of one."""
    found: set[str] = set()
    other: set[str] = set()
    for node in body_nodes(visit.function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                (found if _is_unordered(visit, value, found) else other).add(name)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                (found if _is_unordered(visit, value, found) else other).add(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="sort")):
                other.add(name)
            case _:
                continue
    return found - other


def check_awaited(visit: Visit) -> Findings:
    """RC013: durable work that nobody awaits."""
    if not visit.in_task or not visit.on_loop:
        return
    for node in body_nodes(visit.function):
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            continue
        call = node.value
        path = visit.resolve(call.func)
        if path in known.TASK_MAKERS:
            if any(visit.durable_in(argument) for argument in call.args[:1]):
                yield visit.finding("RC013", call, f"`{text(call)}`")
        elif visit.durable.is_direct(call, visit.function) and not _is_done_at_once(call, path):
            yield visit.finding("RC013", call, f"`{text(call)}`")


def _is_done_at_once(call: ast.Call, path: str | None) -> bool:
    """Nobody needs to wait for it: a recorded value, or a run that is only started."""
    lone = isinstance(call.func, ast.Attribute) and call.func.attr in known.LONE
    return lone or path in known.VALUES


def check_threads(visit: Visit) -> Findings:
    """RC014: functions with durable calls, handed to a thread."""
    if not visit.in_task:
        return
    for call in calls(visit.function):
        path = visit.resolve(call.func)
        if path == "threading.Thread":
            targets = [keyword.value for keyword in call.keywords if keyword.arg == "target"]
        elif path in known.THREADS:
            targets = call.args[:1]
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "run_in_executor":
            targets = call.args[1:2]
        else:
            continue
        for target in targets:
            maker = ast.copy_location(ast.Call(func=target, args=[], keywords=[]), target)
            if visit.durable.is_durable(maker, visit.function):
                yield visit.finding("RC014", call, f"`{text(target)}`")
