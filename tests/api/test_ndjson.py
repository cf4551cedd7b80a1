"""Lines of a body, however it is cut into pieces, and never more of it in memory than one line."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from runcast.api.ndjson import HEAD_BYTES, Line, read_lines

BYTES_MAX = 2 * HEAD_BYTES


def lines_of(body: bytes, cuts: Sequence[int]) -> list[Line]:
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]

    async def chunks() -> AsyncIterator[bytes]:
        for start, end in itertools.pairwise(places):
            yield body[start:end]

    async def read() -> list[Line]:
        return [line async for line in read_lines(chunks(), bytes_max=BYTES_MAX)]

    return asyncio.run(read())


@given(
    st.lists(st.binary(max_size=20) | st.just(b"x" * BYTES_MAX) | st.just(b"y" * (BYTES_MAX + 1)), max_size=8),
    st.lists(st.integers(0, 1 << 16), max_size=20),
)
def test_lines_do_not_depend_on_the_pieces(parts: list[bytes], cuts: list[int]) -> None:
    body = b"\n".join(parts)
    expected = [
        Line(number, text if len(text) <= BYTES_MAX else text[:HEAD_BYTES], len(text) > BYTES_MAX)
        for number, text in enumerate(body.split(b"\n"), 1)
        if text.strip()
    ]
    found = lines_of(body, cuts)
    assert [(line.number, line.cut) for line in found] == [(line.number, line.cut) for line in expected]
    for line, other in zip(found, expected, strict=True):
        assert line.data == other.data or (line.cut and other.data.startswith(line.data[:HEAD_BYTES]))
