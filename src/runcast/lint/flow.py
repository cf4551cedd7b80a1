"""Says of each call of a body whether a durable call may come after it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from runcast.lint.durable import Durable
from runcast.lint.module import Function, FunctionNode, own_nodes


class Flow:
    """Walks a body backwards. `before[call]` is True for a call that a durable one may follow.

    `after`: a durable call may follow the whole body, because whoever calls the function makes one.
    """

    def __init__(self, durable: Durable, function: Function, *, after: bool) -> None:
        self._durable = durable
        self._function = function
        self._after = after
        self.before: dict[ast.Call, bool] = {}
        self._block(function.node.body, after)

    def _block(self, statements: Sequence[ast.stmt], after: bool) -> bool:  # noqa: FBT001 - it is the state of a walk
        for statement in reversed(statements):
            after = self._statement(statement, after)
        return after

    def _statement(self, node: ast.stmt, after: bool) -> bool:  # noqa: FBT001, PLR0911 - a table of statements
        """What holds before the statement, given what holds after it."""
        match node:
            # Lists, not generators, below: every branch must be walked.
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return after
            case ast.Return() | ast.Raise():
                # Next is what comes after the whole body.
                self._expressions(node, self._after)
                return self._after or self._has(node)
            case ast.If(test=test, body=body, orelse=orelse):
                inner = self._block(body, after) | self._block(orelse, after)
                self._expressions(test, inner)
                return inner or self._has(test)
            case ast.For(body=body, orelse=orelse) | ast.AsyncFor(body=body, orelse=orelse):
                inner = self._loop(body, orelse, after, again=False)
                self._expressions(node.iter, inner)
                return inner or self._has(node.iter)
            case ast.While(test=test, body=body, orelse=orelse):
                inner = self._loop(body, orelse, after, again=self._has(test))
                self._expressions(test, inner)
                return inner or self._has(test)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                inner = self._block(body, after)
                for item in items:
                    self._expressions(item, inner)
                return inner or any(self._has(item) for item in items)
            case ast.Try() | ast.TryStar():
                return self._try(node, after)
            case ast.Match(subject=subject, cases=cases):
                inner = any([self._block(case.body, after) for case in cases]) or after  # noqa: C419
                self._expressions(subject, inner)
                return inner or self._has(subject)
            case _:
                self._expressions(node, after)
                return after or self._has(node)

    def _loop(self, body: list[ast.stmt], orelse: list[ast.stmt], after: bool, *, again: bool) -> bool:  # noqa: FBT001
        """What a round does may come after what it does."""
        around = self._block(orelse, after) or again or any(self._has(statement) for statement in body)
        self._block(body, around)
        return around

    def _try(self, node: ast.Try | ast.TryStar, after: bool) -> bool:  # noqa: FBT001
        final = self._block(node.finalbody, after)
        handled = any([self._block(handler.body, final) for handler in node.handlers])  # noqa: C419
        return self._block(node.body, self._block(node.orelse, final) or handled)

    def _expressions(self, node: ast.AST, after: bool) -> None:  # noqa: FBT001
        inner = [found for found in [node, *own_nodes(node)] if isinstance(found, ast.Call)]
        durable = [call for call in inner if self._durable.is_durable(call, self._function)]
        for call in inner:
            later = any(other is not call and _ends(other) >= _ends(call) for other in durable)
            self.before[call] = after or later

    def _has(self, node: ast.AST) -> bool:
        return not isinstance(node, FunctionNode) and bool(self._durable.inside(node, self._function))


def _ends(node: ast.expr) -> tuple[int, int]:
    return (node.end_lineno or 0, node.end_col_offset or 0)
