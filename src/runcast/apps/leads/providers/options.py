"""Checks options against what a provider can be told: the little of JSON Schema that the catalog uses."""

from __future__ import annotations

from typing import Any

from runcast import InvalidInput
from runcast.apps.leads.contract import JsonObject, ProviderInfo


def check_options(info: ProviderInfo, options: JsonObject) -> None:
    """Raises `InvalidInput` for what the provider cannot be told."""
    _check(options, info.options_schema, f"options of {info.name}")


def _check(value: Any, schema: JsonObject, what: str) -> None:
    match schema["type"], value:
        case "object", dict():
            _check_object(value, schema, what)
        case "boolean", bool():
            return
        case "string", str():
            if "enum" in schema and value not in schema["enum"]:
                raise InvalidInput(f"{what}: one of {', '.join(schema['enum'])}, got {value!r:.80}")
        # True is an int to Python, and to nobody else.
        case ("integer", int()) | ("number", int() | float()) if not isinstance(value, bool):
            _check_number(value, schema, what)
        case kind, _:
            raise InvalidInput(f"{what}: expected {kind}, got {value!r:.80}")


def _check_number(value: float, schema: JsonObject, what: str) -> None:
    above: float = schema.get("exclusiveMinimum", float("-inf"))
    least: float = max(above, schema.get("minimum", above))
    most: float = schema.get("maximum", float("inf"))
    # Not a number is not between any.
    if not least <= value <= most or value == above:
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
