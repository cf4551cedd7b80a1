"""Checks options against what a provider can be told: the little of JSON Schema that the catalog uses."""

from __future__ import annotations

from typing import Any

from runcast import InvalidInput
from runcast.apps.leads.contract import JsonObject, ProviderInfo

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
}


def check_options(info: ProviderInfo, options: JsonObject) -> None:
    """Raises `InvalidInput` for what the provider cannot be told."""
    _check(options, info.options_schema, f"options of {info.name}")


def _check(value: Any, schema: JsonObject, what: str) -> None:
    kind = schema["type"]
    # True is an int to Python, and to nobody else.
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise InvalidInput(f"{what}: expected {kind}, got {value!r:.80}")
    if kind == "object":
        _check_object(value, schema, what)
    elif "enum" in schema and value not in schema["enum"]:
        raise InvalidInput(f"{what}: one of {', '.join(schema['enum'])}, got {value!r:.80}")
    elif kind in ("integer", "number"):
        _check_number(float(value), schema, what)


def _check_number(value: float, schema: JsonObject, what: str) -> None:
    least: float = schema.get("minimum", schema.get("exclusiveMinimum", value))
    most: float = schema.get("maximum", value)
    # Not a number is neither.
    if not least <= value <= most or value == schema.get("exclusiveMinimum"):
        raise InvalidInput(f"{what}: from {least:g} to {most:g}, got {value:g}")


def _check_object(value: JsonObject, schema: JsonObject, what: str) -> None:
    known: JsonObject = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            raise InvalidInput(f"{what}: {name} is missing")
    for name, part in value.items():
        if name not in known:
            raise InvalidInput(f"{what}: there is no {name!r}; there are {', '.join(known) or 'none'}")
        _check(part, known[name], f"{what}: {name}")
