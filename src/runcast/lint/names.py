"""What a name in a module means: imports, through every alias."""

from __future__ import annotations

import ast
import builtins

MODULES = frozenset({"artifacts", "hooks", "inbox", "logger", "metadata", "streams", "tags", "tasks", "usage", "wait"})
"""Public names of `runcast` that are modules."""
_BUILTINS = frozenset(dir(builtins))


class Names:
    """The imports of one module; `resolve` gives the dotted path of an expression."""

    def __init__(self, tree: ast.Module, package: str = "") -> None:
        self.imports: dict[str, str] = {}
        self._made: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._add_import(node)
            elif isinstance(node, ast.ImportFrom):
                self._add_from(node, package)
        self._defined = _bound_at_top(tree) - set(self.imports)
        self._made = {name: path for name, made in _made_at_top(tree) if (path := self.resolve(made)) is not None}
        """What the module makes by a call, `http = httpx.AsyncClient()`: the path of that call."""

    @property
    def knows_us(self) -> bool:
        """Whether the module imports anything of Runcast; if not, it has no tasks."""
        return any(path.split(".", 1)[0] == "runcast" for path in self.imports.values())

    def _add_import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname:
                self.imports[alias.asname] = alias.name
            else:
                top = alias.name.split(".", 1)[0]
                self.imports[top] = top

    def _add_from(self, node: ast.ImportFrom, package: str) -> None:
        home = node.module or ""
        if node.level:
            parts = package.split(".") if package else []
            parts = parts[: len(parts) - node.level + 1]
            home = ".".join([*parts, home] if home else parts)
            if not parts:
                home = f".{home}"
        for alias in node.names:
            self.imports[alias.asname or alias.name] = f"{home}.{alias.name}"

    def resolve(self, node: ast.expr, bound: frozenset[str] = frozenset()) -> str | None:
        """`datetime.datetime.now`, `builtins.open`, `pathlib.Path().read_text`; None for what is not known.

        `bound`: names that the function around it binds itself, so that they are not the module's.
        """
        match node:
            case ast.Name(id=name):
                if name in bound:
                    return None
                if name in self.imports:
                    return public_path(self.imports[name])
                if name in self._made:
                    return self._made[name]
                return f"builtins.{name}" if name in _BUILTINS and name not in self._defined else None
            case ast.Attribute(value=value, attr=attr):
                home = self.resolve(value, bound)
                return None if home is None else public_path(f"{home}.{attr}")
            case ast.Call(func=func):
                made = self.resolve(func, bound)
                return None if made is None else f"{made}()"
            case _:
                return None


def public_path(path: str) -> str:
    """The public path of a name of ours, wherever it was imported from.

    >>> public_path("runcast.sdk.step.step"), public_path("runcast.sdk.wait.for_")
    ('runcast.step', 'runcast.wait.for_')
    """
    if not path.startswith("runcast.sdk."):
        return path
    home, *rest = path.split(".")[2:]
    if home in MODULES or not rest:
        return ".".join(["runcast", home, *rest])
    return ".".join(["runcast", *rest])


def _bound_at_top(tree: ast.Module) -> set[str]:
    """Names that the module defines itself."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update(target.id for target in targets if isinstance(target, ast.Name))
    return found


def _made_at_top(tree: ast.Module) -> list[tuple[str, ast.Call]]:
    """Names that the module binds once, to the result of a call."""
    found: dict[str, list[ast.expr | None]] = {}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(node.value)  # type: ignore[attr-defined]
    return [(name, made[0]) for name, made in found.items() if len(made) == 1 and isinstance(made[0], ast.Call)]
