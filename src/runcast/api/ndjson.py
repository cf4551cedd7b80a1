"""Reads lines from a body as it arrives: no more than one line is in memory, however long lines say to be."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

HEAD_BYTES = 4_096


class Line(msgspec.Struct, frozen=True):
    """One line without its end."""

    number: int
    """From 1."""
    data: bytes
    cut: bool = False
    """It was longer than lines may be: `data` is only how it begins."""


async def read_lines(chunks: AsyncIterator[bytes], *, bytes_max: int) -> AsyncIterator[Line]:
    """The lines of a body that are not blank."""
    line = _Growing(bytes_max)
    number = 1
    async for chunk in chunks:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            line.add(chunk[start:end])
            if (data := line.take(number)) is not None:
                yield data
            start, number = end + 1, number + 1
        line.add(chunk[start:])
    if (data := line.take(number)) is not None:
        yield data


class _Growing:
    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._data = bytearray()
        self._cut = False

    def add(self, piece: bytes) -> None:
        if self._cut:
            return
        self._data += piece
        if len(self._data) > self._bytes_max:
            self._cut = True
            del self._data[HEAD_BYTES:]

    def take(self, number: int) -> Line | None:
        data, cut = bytes(self._data), self._cut
        self._data, self._cut = bytearray(), False
        return Line(number, data, cut) if data.strip() else None
