"""Whether a JSON value can be of a schema's type, for those who have the schema and not the code.

Whoever decodes the value has the last word. So this finds only what cannot fit, and takes what a lenient decoder may
read: `"5"` for a number, `"yes"` for a boolean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from runcast.domain.sealed import is_sealed

BOOLEANS = {"true", "false", "t", "f", "yes", "no", "y", "n", "on", "off", "1", "0"}
DEPTH_MAX = 16
"""Levels that are looked at; what lies deeper is left to the decoder."""
GOT_CHARS_MAX = 60

VOWELS = "aio"

Schema = dict[str, Any]
Misfit = tuple[str, str]
"""Where, and what."""


def misfit(schema: str | None, value: str) -> str | None:
    """What of the JSON text `value` cannot be of the JSON Schema `schema`, in words; None when nothing is known of it.

    >>> misfit('{"type": "boolean"}', '"maybe"')
    'a boolean is expected, got "maybe"'
    >>> misfit('{"required": ["names"], "properties": {"names": {"items": {"type": "string"}}}}', '{"names": [1]}')
    'names[0]: a string is expected, got 1'
    """
    parsed = msgspec.json.decode(schema) if schema and not is_sealed(value) else None
    if not isinstance(parsed, dict):
        return None
    found = _misfit(parsed, msgspec.json.decode(value), "", parsed.get("$defs", {}), 0)
    return None if found is None else ": ".join(filter(None, found))


def _misfit(schema: Any, value: Any, path: str, definitions: Schema, depth: int) -> Misfit | None:
    if not isinstance(schema, dict) or depth > DEPTH_MAX:
        return None
    if isinstance(reference := schema.get("$ref"), str):
        return _misfit(definitions.get(reference.rpartition("/")[2]), value, path, definitions, depth + 1)
    if isinstance(branches := schema.get("anyOf"), list):
        found = [_misfit(branch, value, path, definitions, depth + 1) for branch in branches]
        return found[0] if found and None not in found else None
    kind = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kind, str) and not _is_of(kind, value, schema):
        return path, f"{'an' if kind[0] in VOWELS else 'a'} {kind} is expected, got {_short(value)}"
    inside = (
        _misfit(part_schema, part, part_path, definitions, depth + 1)
        for part_path, part_schema, part in _parts(schema, value, path)
    )
    return _names(schema, value, path) or next(filter(None, inside), None)


def _names(schema: Schema, value: Any, path: str) -> Misfit | None:
    # A class, which has a title, may read its fields under other names; a function has no other names.
    if not isinstance(value, dict) or "title" in schema:
        return None
    for name in schema.get("required", ()):
        if name not in value:
            return path, f"{name!r} is missing"
    if schema.get("additionalProperties") is False:
        for name in value:
            if name not in schema.get("properties", {}):
                return path, f"there is no {name!r}"
    return None


def _parts(schema: Schema, value: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for name in properties:
            if name in value:
                yield (f"{path}.{name}" if path else str(name)), properties[name], value[name]
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield f"{path}[{index}]", schema.get("items"), part


def _is_of(kind: str, value: Any, schema: Schema) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "null":
            return value is None
        case "string":
            return isinstance(value, str) or ("format" in schema and isinstance(value, int | float))
        case "boolean":
            return isinstance(value, bool) or value in (0, 1) or (isinstance(value, str) and value.lower() in BOOLEANS)
        case "integer" | "number":
            return isinstance(value, int | float) or (isinstance(value, str) and _is_number(value))
        case _:
            return True


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _short(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= GOT_CHARS_MAX else text[: GOT_CHARS_MAX - 1] + "…"
