"""One module as the rules see it: its functions, and which of them are tasks and steps."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from runcast.lint.names import Names

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_ANCESTORS_MAX = 8
"""How far up a folder is searched for the module of an import."""


class Function:
    """A function of the module. `role` is `task`, `step` or `plain`."""

    def __init__(self, node: FunctionNode, outer: Function | None, owner: str | None) -> None:
        self.node = node
        self.name = node.name
        self.outer = outer
        self.owner = owner
        """The class that it is a method of."""
        self.role = "plain"
        self.is_async = isinstance(node, ast.AsyncFunctionDef)
        self.nested: dict[str, Function] = {}
        self.bound: frozenset[str] = (outer.bound if outer else frozenset()) | _bound_in(node)
        """Names that it, or a function around it, binds: not the module's."""


class Module:
    """A parsed module."""

    def __init__(self, tree: ast.Module, path: Path | None, package: str = "") -> None:
        self.tree = tree
        self.path = path
        self.names = Names(tree, package)
        self.functions: dict[str, Function] = {}
        self.methods: dict[tuple[str, str], Function] = {}
        self.all: list[Function] = []
        self.step_names: set[str] = set()
        """Names that stand for a step without being a function of that name: `fetch = step(get)`."""
        self._collect(tree.body, None, None)
        for function in self.all:
            function.role = self._role_of(function)
        self._find_made_steps()

    def _collect(self, body: list[ast.stmt], outer: Function | None, owner: str | None) -> None:
        for statement in body:
            if isinstance(statement, FunctionNode):
                function = Function(statement, outer, owner)
                self.all.append(function)
                if owner is not None:
                    self.methods[owner, function.name] = function
                elif outer is not None:
                    outer.nested[function.name] = function
                else:
                    self.functions[function.name] = function
                self._collect(statement.body, function, None)
            elif isinstance(statement, ast.ClassDef):
                self._collect(statement.body, outer, statement.name)
            else:
                for inner in _blocks(statement):
                    self._collect(inner, outer, owner)

    def _role_of(self, function: Function) -> str:
        for decorator in function.node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            path = self.names.resolve(target)
            if path in ("runcast.task", "runcast.step"):
                return path.removeprefix("runcast.")
        return "plain"

    def _find_made_steps(self) -> None:
        """`fetch = step(get)` names a step, and makes `get` the body of one."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and self.is_step_maker(node) and node.args:
                made = self.find(node.args[0], None)
                if made is not None and made.role == "plain":
                    made.role = "step"
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and self.is_step_maker(node.value):
                self.step_names.update(target.id for target in node.targets if isinstance(target, ast.Name))

    def is_step_maker(self, call: ast.Call) -> bool:
        """`step(fn, …)`, or `step(retry=…)(fn)`."""
        func = call.func
        if isinstance(func, ast.Call):
            return not func.args and self.is_step_maker(func) and bool(call.args)
        return self.names.resolve(func) == "runcast.step"

    def find(self, name: ast.expr, inside: Function | None) -> Function | None:
        """The function of this module that `name` means inside of a function."""
        match name:
            case ast.Name(id=id):
                around = inside
                while around is not None:
                    if id in around.nested:
                        return around.nested[id]
                    around = around.outer
                return None if inside is not None and id in inside.bound else self.functions.get(id)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr) if inside is not None:
                owner = _owner(inside)
                return None if owner is None else self.methods.get((owner, attr))
            case ast.Attribute(value=ast.Name(id=owner), attr=attr):
                return self.methods.get((owner, attr))
            case _:
                return None


def _owner(function: Function) -> str | None:
    around: Function | None = function
    while around is not None:
        if around.owner is not None:
            return around.owner
        around = around.outer
    return None


def own_nodes(root: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a body, in order, without those of functions and classes defined inside it."""
    for child in ast.iter_child_nodes(root):
        if isinstance(child, FunctionNode | ast.ClassDef):
            continue
        yield child
        if not isinstance(child, ast.Lambda):
            yield from own_nodes(child)


def body_nodes(function: Function) -> Iterator[ast.AST]:
    """As `own_nodes`, without decorators, defaults and annotations, which belong to the definition."""
    for statement in function.node.body:
        if not isinstance(statement, FunctionNode | ast.ClassDef):
            yield statement
            yield from own_nodes(statement)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The statements inside a compound statement."""
    for field in ("body", "orelse", "finalbody"):
        inner = getattr(statement, field, None)
        if isinstance(inner, list):
            yield inner
    for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
        yield part.body


def _bound_in(node: FunctionNode) -> frozenset[str]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    found = {argument.arg for argument in [*every, arguments.vararg, arguments.kwarg] if argument is not None}
    lent: set[str] = set()
    for inner in own_nodes(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            found.add(inner.id)
        elif isinstance(inner, ast.ExceptHandler) and inner.name:
            found.add(inner.name)
        elif isinstance(inner, ast.Global):
            lent.update(inner.names)
    return frozenset(found - lent)


@lru_cache(maxsize=512)
def read_module(path: Path) -> Module | None:
    """The module in a file; None when it cannot be read or parsed."""
    try:
        return Module(ast.parse(path.read_bytes()), path, package_of(path))
    except (OSError, SyntaxError, ValueError):
        return None


def package_of(path: Path) -> str:
    """The dotted package of a file, as relative imports need it."""
    parts: list[str] = []
    home = path.resolve().parent
    while (home / "__init__.py").is_file() and len(parts) < _ANCESTORS_MAX:
        parts.insert(0, home.name)
        home = home.parent
    return ".".join(parts)


def find_elsewhere(dotted: str, path: Path | None) -> tuple[Module, str] | None:
    """The module beside `path` that defines the last name of `dotted`, with that name."""
    home, _, name = dotted.rpartition(".")
    if path is None or not home or home.startswith("runcast"):
        return None
    relative = Path(*[part for part in home.split(".") if part])
    folder = path.resolve().parent
    for _ in range(_ANCESTORS_MAX):
        for file in (folder / relative.with_suffix(".py"), folder / relative / "__init__.py"):
            if file.is_file():
                found = read_module(file)
                return None if found is None else (found, name)
        folder = folder.parent
    return None
