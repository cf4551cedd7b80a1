"""Metadata: a small JSON object on a run that everyone who watches it sees at once.

>>> metadata.set("stage", "fetching")  # doctest: +SKIP
>>> metadata.parent.increment("done")  # counted once, however often this body runs  # doctest: +SKIP

Changes are buffered and flushed in order, together with whatever the body records next. Outside of a run they do
nothing. A re-executed change does nothing either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from runcast.domain.effect import EffectKind, Target
from runcast.domain.errors import InvalidInput
from runcast.sdk.codec import encode_json
from runcast.sdk.effects import emit
from runcast.sdk.execution import current_execution


class Metadata:
    """The metadata of this run, its parent, or its root."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def set(self, key: str, value: Any) -> None:
        """`key` becomes `value` (anything that is JSON)."""
        self._emit(EffectKind.SET, key, value)

    def delete(self, key: str) -> None:
        """Remove `key`."""
        self._emit(EffectKind.DELETE, key, None)

    def append(self, key: str, value: Any) -> None:
        """Add `value` to the list at `key`, which begins empty."""
        self._emit(EffectKind.APPEND, key, value)

    def remove(self, key: str, value: Any) -> None:
        """Take `value` out of the list at `key`."""
        self._emit(EffectKind.REMOVE, key, value)

    def increment(self, key: str, by: float = 1) -> None:
        """Add `by` to the number at `key`, which begins as 0."""
        self._emit(EffectKind.INCREMENT, key, by)

    def decrement(self, key: str, by: float = 1) -> None:
        """Take `by` from the number at `key`."""
        self.increment(key, -by)

    def replace(self, value: Mapping[str, Any]) -> None:
        """The whole object becomes `value`."""
        self._emit(EffectKind.REPLACE, "", dict(value))

    def _emit(self, kind: EffectKind, key: str, value: Any) -> None:
        if "\0" in key:
            raise InvalidInput(f"a metadata key is a string without NUL characters, got {key!r}")
        text = encode_json(value, what=f"metadata {key!r}")
        if emit(kind, key, text, target=self._target) and self._target is Target.SELF:
            _apply(current(), kind, key, msgspec.json.decode(text))


parent = Metadata(Target.PARENT)
"""The metadata of the run that triggered this one; without one, of this run."""
root = Metadata(Target.ROOT)
"""The metadata of the first ancestor."""
_own = Metadata(Target.SELF)

set = _own.set  # noqa: A001 - read as `metadata.set`
delete = _own.delete
append = _own.append
remove = _own.remove
increment = _own.increment
decrement = _own.decrement
replace = _own.replace


def current() -> dict[str, Any]:
    """This run's metadata as this execution knows it; what others write to it meanwhile is not in it."""
    execution = current_execution()
    if execution is None:
        return {}
    if execution.local_metadata is None:
        execution.local_metadata = msgspec.json.decode(execution.assignment.metadata, type=dict[str, Any])
    return execution.local_metadata


def get(key: str, default: Any = None) -> Any:
    """One value of `current()`."""
    return current().get(key, default)


def _apply(data: dict[str, Any], kind: EffectKind, key: str, value: Any) -> None:
    """What the engine will do, here at once, so that the body reads what it wrote."""
    match kind:
        case EffectKind.SET:
            data[key] = value
        case EffectKind.DELETE:
            data.pop(key, None)
        case EffectKind.APPEND:
            found = data.get(key)
            data[key] = [*found, value] if isinstance(found, list) else [value]
        case EffectKind.REMOVE:
            found = data.get(key)
            if isinstance(found, list) and value in found:
                found.remove(value)
        case EffectKind.INCREMENT:
            found = data.get(key)
            data[key] = (found if isinstance(found, int | float) else 0) + value
        case EffectKind.REPLACE:
            data.clear()
            data.update(value)
        case _:
            raise AssertionError(kind)
