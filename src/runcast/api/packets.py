"""Packets: a value as text with its type, as the official clients send payloads and read outputs."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from runcast.domain import superjson
from runcast.domain.errors import InvalidInput


class PacketType(StrEnum):
    """How the text of a packet is read."""

    JSON = "application/json"
    SUPERJSON = "application/super+json"
    TEXT = "text/plain"
    STORE = "application/store"
    """The text is the path of an upload."""


def read_payload(payload: Any, payload_type: str | None) -> tuple[str, str | None]:
    """What a trigger's body says the payload is: JSON text for the task, and the meta of a superjson document.

    Without a type `payload` is the value itself; with one it is a packet's text. Raises `InvalidInput`.

    >>> read_payload({"a": 1}, None), read_payload('{"json":5}', "application/super+json")
    (('{"a":1}', None), ('5', None))
    """
    if payload_type is None or (payload_type == PacketType.JSON and not isinstance(payload, str)):
        return ("null" if payload is msgspec.UNSET else msgspec.json.encode(payload).decode()), None
    if payload is msgspec.UNSET:
        return "null", None
    if not isinstance(payload, str):
        raise InvalidInput(f"a payload of the type {payload_type!r} is a string, got {type(payload).__name__}")
    return read_packet(payload, payload_type)


def read_packet(text: str, type: str) -> tuple[str, str | None]:
    """The same for the text of a packet."""
    match type:
        case PacketType.JSON:
            return _checked(text), None
        case PacketType.SUPERJSON:
            return superjson.split(text)
        case PacketType.TEXT:
            return msgspec.json.encode(text).decode(), None
        case _:
            known = ", ".join(PacketType)
            raise InvalidInput(f"payloadType {type[:100]!r} is none of {known}")


def write_packet(view: str, meta: str | None = None) -> tuple[str, PacketType]:
    """The packet of a JSON value, with what a client's superjson said of it."""
    if meta:
        return superjson.join(view, meta), PacketType.SUPERJSON
    return view, PacketType.JSON


def _checked(text: str) -> str:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(f"payload is no JSON: {error}") from error
    return text
