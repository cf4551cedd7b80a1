"""Streams: append-only sequences of parts on a run, live for whoever watches (LLM tokens, rows, log lines).

>>> text = await streams.pipe("summary", ask_model(page)).join()  # doctest: +SKIP
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterable
from contextlib import suppress
from typing import Any, Generic, Literal, TypeVar, cast, overload

from runcast.domain.effect import EffectKind, Target
from runcast.domain.errors import InvalidInput, ValueTooLarge
from runcast.domain.limits import STREAM_PART_BYTES_MAX
from runcast.sdk.codec import encode_json
from runcast.sdk.effects import emit, emit_part

T = TypeVar("T")
TargetName = Literal["self", "parent", "root"]


def append(name: str, value: Any, *, target: TargetName = "self") -> None:
    """Append one part (anything that is JSON) to the stream `name`. Inside a step, a new try supersedes it."""
    emit_part(_checked(name), _text(name, value), target=Target(target))


def close(name: str, *, target: TargetName = "self") -> None:
    """Say that the stream is complete. The end of the run says it too."""
    emit(EffectKind.CLOSE, _checked(name), target=Target(target))


def pipe(name: str, source: AsyncIterable[T] | Iterable[T], *, target: TargetName = "self") -> Piped[T]:
    """Append what `source` yields, as it comes. It starts at once; `await` its `join()` for all of it.

    In a step, so that a retry does not ask the source again. In a `def` body the source must be an `Iterable`, and
    is read at once.
    """
    return Piped(_checked(name), source, Target(target))


class Piped(Generic[T]):
    """A source on its way into a stream."""

    def __init__(self, name: str, source: AsyncIterable[T] | Iterable[T], target: Target) -> None:
        self._name = name
        self._target = target
        self._parts: list[T] = []
        self._task: asyncio.Task[None] | None = None
        if isinstance(source, AsyncIterable):
            self._task = asyncio.get_running_loop().create_task(self._pump(source))
        else:
            for part in source:
                self._add(part)

    @overload
    async def join(self: Piped[str]) -> str: ...  # type: ignore[overload-overlap]
    @overload
    async def join(self) -> list[T]: ...
    async def join(self) -> Any:
        """Wait for the end of the source: its parts joined to one text if all are text, else the list of them."""
        if self._task is not None:
            try:
                await self._task
            except asyncio.CancelledError:
                self._task.cancel()
                with suppress(asyncio.CancelledError):
                    await self._task
                raise
        return self.value()

    def value(self) -> Any:
        """What came so far; an empty text if nothing did."""
        if all(isinstance(part, str) for part in self._parts):
            return "".join(cast("list[str]", self._parts))
        return list(self._parts)

    async def _pump(self, source: AsyncIterable[T]) -> None:
        async for part in source:
            self._add(part)

    def _add(self, part: T) -> None:
        self._parts.append(part)
        emit_part(self._name, _text(self._name, part), target=self._target)


def _text(name: str, part: object) -> str:
    text = encode_json(part, what=f"part of stream {name!r}")
    if len(text) > STREAM_PART_BYTES_MAX:
        raise ValueTooLarge(
            f"a part of stream {name!r} has {len(text):,} bytes of JSON, the limit is {STREAM_PART_BYTES_MAX:,}"
        )
    return text


def _checked(name: str) -> str:
    if not name or "\0" in name or len(name) > 128:
        raise InvalidInput(f"a stream's name is 1 to 128 characters without NUL, got {name!r}")
    return name
