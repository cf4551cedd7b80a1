"""Which calls are durable, directly or through the functions of the module that they call."""

from __future__ import annotations

import ast

from runcast.lint import known
from runcast.lint.module import Function, Module, body_nodes, find_elsewhere, own_nodes

CALLS_DEEP_MAX = 12
"""How far calls are followed."""


class Durable:
    """Knows the durable calls of one module."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._reaching: dict[int, bool] = {}

    def path(self, node: ast.expr, inside: Function | None) -> str | None:
        """The dotted path of an expression inside a function."""
        return self.module.names.resolve(node, inside.bound if inside else frozenset())

    def is_direct(self, call: ast.Call, inside: Function) -> bool:
        """The call itself is durable: a step, a wait, a trigger, a decision, a recorded value."""
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in known.TRIGGERS:
            return True
        path = self.path(func, inside)
        if path is not None:
            if path in known.DURABLE or path.startswith(known.DURABLE_MODULES):
                return True
            if not path.startswith("builtins.") and self._is_step_elsewhere(path):
                return True
        return self.is_step(func, inside)

    def is_step(self, func: ast.expr, inside: Function) -> bool:
        """The expression is a step of this module, or one made on the spot."""
        if isinstance(func, ast.Call) and self.module.is_step_maker(func):
            return bool(func.args)
        if isinstance(func, ast.Name) and func.id in self.module.step_names:
            return True
        found = self.module.find(func, inside)
        if found is None or found.role != "step":
            return False
        # A plain function that some step is made of is still a plain function to who calls it.
        return bool(found.node.decorator_list)

    def _is_step_elsewhere(self, path: str) -> bool:
        found = find_elsewhere(path, self.module.path)
        if found is None:
            return False
        module, name = found
        function = module.functions.get(name)
        decorated = function is not None and function.role == "step" and bool(function.node.decorator_list)
        return decorated or name in module.step_names

    def is_durable(self, call: ast.Call, inside: Function, *, depth: int = 0) -> bool:
        """The call is durable, or calls a function of the module that makes durable calls."""
        if self.is_direct(call, inside):
            return True
        called = self.called(call, inside)
        return called is not None and depth < CALLS_DEEP_MAX and self.reaches(called, depth=depth + 1)

    def called(self, call: ast.Call, inside: Function) -> Function | None:
        """The function of this module that is executed as part of the body, if the call is one of it."""
        found = self.module.find(call.func, inside)
        if found is None or (found.role == "step" and found.node.decorator_list):
            return None
        return found

    def reaches(self, function: Function, *, depth: int = 0) -> bool:
        """The function makes durable calls when it is called."""
        known_answer = self._reaching.get(id(function))
        if known_answer is not None:
            return known_answer
        self._reaching[id(function)] = False  # a function that calls itself adds nothing
        answer = any(self.is_durable(call, function, depth=depth) for call in calls(function))
        self._reaching[id(function)] = answer
        return answer

    def inside(self, node: ast.AST, function: Function) -> list[ast.Call]:
        """The durable calls in a part of a body."""
        nodes = [node, *own_nodes(node)]
        return [inner for inner in nodes if isinstance(inner, ast.Call) and self.is_durable(inner, function)]


def calls(function: Function) -> list[ast.Call]:
    """Every call in a body, without those of functions inside it."""
    return [node for node in body_nodes(function) if isinstance(node, ast.Call)]


def text(node: ast.AST) -> str:
    """Code as a message shows it: on one line, not too long.

    >>> text(ast.parse("a.b(c)").body[0].value)
    'a.b(…)'
    """
    if isinstance(node, ast.Call):
        return f"{text(node.func)}({'…' if node.args or node.keywords else ''})"
    if isinstance(node, ast.Lambda):
        return "a lambda"
    shown = " ".join(ast.unparse(node).split())
    return shown if len(shown) <= 40 else f"{shown[:39]}…"
