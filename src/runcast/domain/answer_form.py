"""How people answer a wait: buttons and fields, made from the JSON Schema of the value that is waited for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from runcast.domain.errors import InvalidPayload

OPTIONS_MAX = 6
"""More values than this are a list to choose from, no buttons."""
FIELDS_MAX = 20
_APPROVALS = frozenset({"approved", "approve", "accepted", "accept", "confirmed", "confirm", "agreed", "ok", "yes"})
_REFUSALS = frozenset(
    {"reject", "rejected", "deny", "denied", "decline", "declined", "drop", "refuse", "no", "cancel", "stop", "discard"}
)


class FieldKind(StrEnum):
    """What is typed into a field."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"
    CHOICE = "choice"


class Option(msgspec.Struct, frozen=True):
    """A button, or an entry of a list."""

    label: str
    value: Any
    is_refusal: bool = msgspec.field(default=False, name="isRefusal")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field beside the buttons."""

    name: str
    label: str
    kind: FieldKind
    required: bool
    options: tuple[Option, ...] = ()
    default: Any = None


class AnswerForm(msgspec.Struct, frozen=True):
    """Buttons that decide, and fields to fill in before. Without buttons the fields are sent as they are."""

    options: tuple[Option, ...]
    fields: tuple[Field, ...] = ()
    decides: str = ""
    """The property that the buttons set; empty: their value is the whole answer."""
    is_object: bool = msgspec.field(default=False, name="isObject")

    def answer(self, posted: Mapping[str, str]) -> Any:
        """The value that a posted form means: `decision` is the number of a button. Raises `InvalidPayload`."""
        given: dict[str, Any] = {}
        if self.options:
            number = posted.get("decision", "")
            if not (number.isascii() and number.isdigit() and len(number) < 3 and int(number) < len(self.options)):
                raise InvalidPayload("choose one of the buttons")
            chosen = self.options[int(number)].value
            if not self.is_object:
                return chosen
            given[self.decides] = chosen
        for field in self.fields:
            value = _read(field, posted.get(f"field.{field.name}", ""))
            if value is not None:
                given[field.name] = value
        return given


YES_OR_NO = (Option("Approve", value=True), Option("Reject", value=False, is_refusal=True))


def answer_form(schema: str | None) -> AnswerForm | None:
    """The form for a schema (JSON text); for none: yes or no. None when only JSON can say the value.

    >>> [option.label for option in answer_form('{"enum": ["publish", "drop"]}').options]
    ['Publish', 'Drop']
    """
    if schema is None:
        return AnswerForm(YES_OR_NO)
    try:
        return _form_of(msgspec.json.decode(schema))
    except (AttributeError, TypeError):
        # No JSON Schema, whoever wrote it: a list of questions is shown all the same.
        return None


def _form_of(whole: Any) -> AnswerForm | None:
    shape = _plain(whole, whole)
    if not shape:
        return AnswerForm(YES_OR_NO)
    if options := _options(shape):
        return AnswerForm(options)
    if shape.get("type") == "object" and shape.get("properties"):
        return _of_object(shape, whole)
    return None


def _of_object(shape: dict[str, Any], whole: dict[str, Any]) -> AnswerForm | None:
    required = set(shape.get("required", ()))
    parts = {name: _plain(part, whole) for name, part in shape["properties"].items()}
    decides = _deciding(parts, required)
    fields: list[Field] = []
    for name, part in parts.items():
        if name == decides:
            continue
        kind = _kind(part)
        if kind is None or len(fields) == FIELDS_MAX:
            if name in required:
                return None
            continue
        options = tuple(_option(value) for value in part.get("enum", ()))
        fields.append(
            Field(
                name=name,
                label=_words(str(part.get("title") or name)),
                kind=kind,
                required=name in required,
                options=options,
                default=part.get("default"),
            )
        )
    buttons = _options(parts[decides]) if decides else ()
    return AnswerForm(buttons, tuple(fields), decides, is_object=True)


def _deciding(parts: dict[str, dict[str, Any]], required: set[str]) -> str:
    """Which property the buttons are of: a yes or no by its name, the only choice, the only yes or no that is needed."""
    for name, part in parts.items():
        if part.get("type") == "boolean" and name.lower() in _APPROVALS:
            return name
    needed = [name for name in parts if name in required]
    for found in (
        [name for name in needed if len(_options(parts[name])) > 1 and parts[name].get("enum")],
        [name for name in needed if parts[name].get("type") == "boolean"],
    ):
        if len(found) == 1:
            return found[0]
    return ""


def _plain(part: Any, whole: dict[str, Any]) -> dict[str, Any]:
    """A part of a schema without references, and without `or null` around it."""
    for _ in range(10):
        if not isinstance(part, dict):
            return {}
        reference = part.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/$defs/"):
            part = {**whole.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {}), **_beside(part, "$ref")}
        elif len(several := [one for one in part.get("anyOf", ()) if one != {"type": "null"}]) == 1:
            part = {**several[0], **_beside(part, "anyOf")}
        elif "const" in part:
            part = {**_beside(part, "const"), "enum": [part["const"]]}
        else:
            return part
    return {}


def _beside(part: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != name}


def _options(part: dict[str, Any]) -> tuple[Option, ...]:
    values = part.get("enum", ())
    if part.get("type") == "boolean":
        return YES_OR_NO
    if 0 < len(values) <= OPTIONS_MAX and all(isinstance(value, str | int | bool) for value in values):
        return tuple(_option(value) for value in values)
    return ()


def _option(value: Any) -> Option:
    return Option(_words(str(value)), value, str(value).lower() in _REFUSALS)


def _kind(part: dict[str, Any]) -> FieldKind | None:
    if part.get("enum"):
        return FieldKind.CHOICE
    kinds = {
        "string": FieldKind.TEXT,
        "number": FieldKind.NUMBER,
        "integer": FieldKind.INTEGER,
        "boolean": FieldKind.FLAG,
    }
    return kinds.get(str(part.get("type")))


def _read(field: Field, text: str) -> Any:
    """What was typed; None: nothing, and nothing is needed."""
    match field.kind:
        case FieldKind.FLAG:
            return text == "on"
        case FieldKind.CHOICE:
            return next((one.value for one in field.options if str(one.value) == text), None)
        case FieldKind.NUMBER | FieldKind.INTEGER if text:
            try:
                number = int(text) if field.kind is FieldKind.INTEGER else float(text)
            except ValueError:
                number = math.nan
            if isinstance(number, float) and not math.isfinite(number):
                raise InvalidPayload(f"{field.label}: {text[:40]!r} is no number")
            return number
        case _:
            return text if text or (field.required and field.kind is FieldKind.TEXT) else None


def _words(name: str) -> str:
    """`keep_as_draft` as people read it: `Keep as draft`."""
    spaced = name.replace("_", " ").replace("-", " ").strip()
    return spaced[:1].upper() + spaced[1:] if spaced else name
