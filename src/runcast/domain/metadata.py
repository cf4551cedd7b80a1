"""Operations on a run's metadata, as clients send them: a key, or a path that starts with `$.`, and what happens there.

    set        the value is there                        append     the list there gets the value at its end
    delete     the key is gone                           remove     the list there loses what equals the value
    increment  the number there is so much greater       update     the whole object is another

A path goes through objects and, by number, through lists; what is missing on the way becomes an object. Any other key is
taken as it is, dots and all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from runcast.domain.errors import InvalidInput
from runcast.domain.limits import METADATA_DEPTH_MAX, METADATA_INDEX_MAX

_HOSTILE = frozenset({"__proto__", "constructor", "prototype"})
_PREFIX = "$."


class Operation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change."""

    type: Literal["set", "delete", "append", "remove", "increment", "update"]
    key: str = ""
    """Of all but `update`."""
    value: Any = None
    """Of all but `delete`; a number for `increment`, an object for `update`."""

    def check(self) -> None:
        """Raises `InvalidInput` for an operation that can never be applied."""
        if self.type == "update":
            if not isinstance(self.value, dict):
                raise InvalidInput("the value of an update is an object: the whole metadata")
        elif "\0" in self.key or self.key == "__proto__":
            raise InvalidInput(f"{self.key[:100]!r} is no key of metadata")
        elif (path := _path(self.key)) is not None and not _is_path(path):
            raise InvalidInput(f"{self.key[:100]!r} is no path: it is like $.a.b or $.items.0")
        if self.type == "increment" and (isinstance(self.value, bool) or not isinstance(self.value, int | float)):
            raise InvalidInput(f"the value of an increment is a number, got {type(self.value).__name__}")


def apply(metadata: dict[str, Any], operations: Iterable[Operation]) -> dict[str, Any]:
    """The metadata after the operations, in order. The one that is given may be changed.

    >>> apply({"done": 1}, [Operation("increment", "done", 2), Operation("set", "$.at.x", 5)])
    {'done': 3, 'at': {'x': 5}}
    """
    for operation in operations:
        metadata = _apply(metadata, operation)
    return metadata


def _apply(metadata: dict[str, Any], operation: Operation) -> dict[str, Any]:
    if operation.type == "update":
        return dict(operation.value)
    if operation.type == "delete":
        metadata.pop(operation.key, None)
        return metadata
    path = _path(operation.key)
    holder, place = (
        (metadata, operation.key) if path is None else _find(metadata, path, make=operation.type != "remove")
    )
    if holder is None:
        return metadata
    found = _get(holder, place)
    match operation.type:
        case "set":
            _put(holder, place, operation.value)
        case "append":
            items = found if isinstance(found, list) else [] if found is None else [found]
            _put(holder, place, [*items, operation.value])
        case "increment":
            is_number = isinstance(found, int | float) and not isinstance(found, bool)
            _put(holder, place, (found if is_number else 0) + operation.value)
        case "remove":
            if isinstance(found, list):
                _put(holder, place, [item for item in found if not _same(item, operation.value)])
    return metadata


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: in Python true equals 1, and a list of true a list of 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _path(key: str) -> list[str] | None:
    return key.removeprefix(_PREFIX).split(".") if key.startswith(_PREFIX) else None


def _is_path(path: list[str]) -> bool:
    return all(path) and _HOSTILE.isdisjoint(path) and len(path) <= METADATA_DEPTH_MAX


def _find(metadata: dict[str, Any], path: list[str], *, make: bool) -> tuple[Any, str]:
    """What holds the last segment, and that segment; None where the way there is missing and is not to be made."""
    holder: Any = metadata
    for segment in path[:-1]:
        inner = _get(holder, segment)
        if not isinstance(inner, dict | list):
            if not make:
                return None, ""
            inner = {}
            _put(holder, segment, inner)
        holder = inner
    return holder, path[-1]


def _get(holder: Any, place: str) -> Any:
    if isinstance(holder, dict):
        return holder.get(place)
    index = _index(place)
    return holder[index] if index is not None and index < len(holder) else None


def _put(holder: Any, place: str, value: Any) -> None:
    if isinstance(holder, dict):
        holder[place] = value
        return
    index = _index(place)
    if index is None:
        raise InvalidInput(f"{place[:100]!r} is no place in a list")
    holder.extend([None] * (index + 1 - len(holder)))
    holder[index] = value


def _index(place: str) -> int | None:
    if not (place.isascii() and place.isdigit() and len(place) <= 9):
        return None
    return min(int(place), METADATA_INDEX_MAX)
