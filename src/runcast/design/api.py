"""Writes the reference page of the public names from their signatures and docstrings."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from types import ModuleType

import msgspec

import runcast
from runcast.design.reference import INSIDE_MODULES, MADE, is_error, members
from runcast.sdk.task import TaskDefinition, Triggerable

_INTRO = """\
Every public name with its signature and its docstring: `from runcast import …`. [Names](names.md) is the same on one screen,
and [errors](errors.md) have a page of their own. `runcast.testing` is for [tests](../guides/testing.md)."""


_HANDED_OUT = frozenset({"BatchHandle", "Call", "RunHandle", "RunInfo", "RunSnapshot", "Transaction", "Tx"})
"""Classes that nobody but Runcast makes: their constructors are not part of the promise."""
_INSIDE = frozenset(
    {
        "BatchHandle.collect",
        "RunHandle.wait_result",
        *INSIDE_MODULES,
        *(
            f"Call.{name}"
            for name in ("fail", "finish", "hand_over", "ignore", "observe", "recorded", "settle", "watched")
        ),
    }
)
"""Names without an underscore that only Runcast's own modules use."""
_TASK = """\
## A task

What `@task` makes of a function. It is still the function: `await enrich("x")`, or `resize("x")` of a `def`, is a plain call.
The arguments of a trigger are the function's own; `.options(…)` holds everything else.
"""


def api_page() -> str:
    """Functions and classes in order of their names, then modules with what they hold, then `runcast.testing`."""
    found = {name: getattr(runcast, name) for name in runcast.__all__ if not name.startswith("_")}
    parts = [f"# API\n\n{MADE}\n\n{_INTRO}\n"]
    parts += [_named(name, value) for name, value in found.items() if not _is_elsewhere(value)]
    methods = [*_methods("Task", Triggerable), ("Task.options", TaskDefinition.options)]
    parts += [_TASK, *(_section(name, member, level=3) for name, member in methods)]
    for name, module in {name: value for name, value in found.items() if isinstance(value, ModuleType)}.items():
        parts.append(f"## `{name}`\n\n{_text(module)}\n")
        shown = {f"{name}.{member}": value for member, value in members(module).items()}
        parts += [_section(full, value, level=3) for full, value in shown.items() if full not in _INSIDE]
    return "\n".join(parts)


def _is_elsewhere(value: object) -> bool:
    return isinstance(value, ModuleType) or is_error(value)


def _named(name: str, value: object) -> str:
    if inspect.isroutine(value):
        return _section(name, value, level=2)
    kind = value if isinstance(value, type) else type(value)
    methods = [_section(full, member, level=3) for full, member in _methods(name, kind)]
    return "\n".join([_section(name, value, level=2), *methods])


def _section(name: str, value: object, *, level: int) -> str:
    shown = _signature(name, value)
    head = f"{'#' * level} `{name}`\n"
    code = f"\n```py\n{shown}\n```\n" if shown else ""
    return f"{head}{code}\n{_text(value)}\n"


def _methods(of: str, cls: type) -> Iterator[tuple[str, object]]:
    """Public methods and properties that the class itself documents, in order, as `of.name`; then those of bases that are
    nothing but parts of it, and say so."""
    fields = set(getattr(cls, "__struct_fields__", ()))
    parts = [base for base in cls.__bases__ if inspect.getdoc(base) == f"A part of `{cls.__name__}`."]
    for name, member in [found for part in (cls, *parts) for found in vars(part).items()]:
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        is_code = (inspect.isfunction(plain) or isinstance(plain, property)) and bool(inspect.getdoc(plain))
        is_public = not name.startswith("_") and name not in fields and f"{of}.{name}" not in _INSIDE
        if is_code and is_public:
            yield f"{of}.{name}", plain


def _signature(name: str, value: object) -> str:
    """`name(…) -> …` in one line while it is short, an argument a line when it is not; empty where it tells nothing."""
    if isinstance(value, property) or not callable(value) or name in _HANDED_OUT:
        return ""
    if isinstance(value, type) and issubclass(value, BaseException | int | str):
        return ""
    try:
        signature = inspect.signature(value)
    except ValueError:
        return ""
    parameters = [parameter for parameter in signature.parameters.values() if parameter.name not in ("self", "cls")]
    plain = signature.replace(parameters=[_plain(parameter) for parameter in parameters])
    if isinstance(value, type):
        plain = plain.replace(return_annotation=inspect.Signature.empty)
    text = _tidy(f"{name}{plain}")
    return text if len(text) <= 100 else _folded(name, plain)


def _folded(name: str, signature: inspect.Signature) -> str:
    lines: list[str] = []
    starred = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            lines.append("    *,")
            starred = True
        starred = starred or parameter.kind is parameter.VAR_POSITIONAL
        lines.append(f"    {parameter},")
    ends = "" if signature.return_annotation is signature.empty else f" -> {_name_of(signature.return_annotation)}"
    return _tidy("\n".join([f"{name}(", *lines, f"){ends}"]))


def _plain(parameter: inspect.Parameter) -> inspect.Parameter:
    """Without defaults that are objects of ours: their addresses would change from run to run."""
    default = parameter.default
    if default is inspect.Parameter.empty or default is None or isinstance(default, str | int | float | bool | tuple):
        return parameter
    return parameter.replace(default=_Dots())


class _Dots:
    def __repr__(self) -> str:
        return "..."


def _name_of(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _tidy(text: str) -> str:
    """Annotations are texts already (`from __future__ import annotations`); their quotes and our paths say nothing."""
    text = re.sub(r"(?<=: )'([^'\n]+)'|(?<=-> )'([^'\n]+)'", lambda found: found[1] or found[2], text)
    return re.sub(r"\b(?:runcast\.(?:\w+\.)*|typing\.|collections\.abc\.|datetime\.)(?=[A-Za-z_])", "", text)


def _text(value: object) -> str:
    """The docstring; an example in it becomes a block of code."""
    text = "" if _has_only_a_made_docstring(value) else inspect.getdoc(value) or ""
    return "\n\n".join(_block(block) for block in text.split("\n\n"))


def _block(block: str) -> str:
    if not block.startswith(">>> "):
        return block
    code = re.sub(r"\s*# doctest: .*$", "", block, flags=re.MULTILINE)
    return f"```pycon\n{code}\n```"


def _has_only_a_made_docstring(value: object) -> bool:
    """Dataclasses without a docstring get their signature as one."""
    made = isinstance(value, type) and (dataclasses.is_dataclass(value) or issubclass(value, msgspec.Struct))
    return made and (value.__doc__ or "").startswith(f"{value.__name__}(")  # type: ignore[attr-defined]
