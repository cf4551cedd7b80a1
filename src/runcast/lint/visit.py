"""One function that is executed as part of a task or a step, and how findings about it are made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from runcast.lint.durable import Durable
from runcast.lint.finding import Finding
from runcast.lint.flow import Flow
from runcast.lint.module import Function
from runcast.lint.rules import BY_CODE


class Visit:
    """A function on the way from a root: the task or step whose body it is executed in."""

    def __init__(
        self, durable: Durable, function: Function, root: Function, *, after: bool, on_loop: bool, path: str
    ) -> None:
        self.durable = durable
        self.function = function
        self.root = root
        self.after = after
        """A durable call may follow when it returns."""
        self.on_loop = on_loop
        """It is executed on the worker's event loop, not on a thread."""
        self._path = path
        self.flow = Flow(durable, function, after=after)

    @property
    def where(self) -> str:
        """The root, as a message names it."""
        return f"{self.root.role} `{self.root.name}`"

    @property
    def in_task(self) -> bool:
        return self.root.role == "task"

    def resolve(self, node: ast.expr) -> str | None:
        """The dotted path of an expression here."""
        return self.durable.path(node, self.function)

    def durable_in(self, nodes: ast.AST | list[ast.stmt]) -> list[ast.Call]:
        """The durable calls in a part of the body."""
        parts = nodes if isinstance(nodes, list) else [nodes]
        return [call for part in parts for call in self.durable.inside(part, self.function)]

    def finding(self, code: str, node: ast.expr | ast.stmt | ast.excepthandler, what: str) -> Finding:
        """One finding of a rule about `node`."""
        rule = BY_CODE[code]
        return Finding(
            self._path,
            node.lineno,
            node.col_offset + 1,
            code,
            rule.message.format(what=what, where=self.where),
            rule.fix,
            node.end_lineno or node.lineno,
        )


Findings = Iterator[Finding]
