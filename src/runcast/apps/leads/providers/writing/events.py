"""Server-sent events as models send them: one JSON object for each, over lines that may break anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec

EVENT_BYTES_MAX = 1024 * 1024
"""A longer event is no event: the other side is broken."""
DONE = "[DONE]"


class MalformedEvent(Exception):
    """A part of a stream is not what the protocol has there."""


async def events(response: httpx2.Response) -> AsyncIterator[dict[str, Any]]:
    """The objects of a stream in order; ends at `[DONE]` or with the connection. Raises `MalformedEvent`.

    That a stream ends says nothing: a cut one ends, too. Whoever reads it must have seen its reason to stop.
    """
    data: list[str] = []
    size = 0
    async for line in response.aiter_lines():
        if line.startswith("data:"):
            size += len(line)
            if size > EVENT_BYTES_MAX:
                raise MalformedEvent(f"an event has more than {EVENT_BYTES_MAX:,} bytes")
            data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and data:
            text, data, size = "\n".join(data), [], 0
            if text == DONE:
                return
            yield decoded(text)
    if data and data != [DONE]:
        # A last event without its empty line: whole if it decodes, cut if not.
        yield decoded("\n".join(data))


def decoded(text: str) -> dict[str, Any]:
    """One event's object. Raises `MalformedEvent`.

    >>> decoded('{"type": "ping"}')
    {'type': 'ping'}
    """
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise MalformedEvent(f"{error}: {text[:80]!r}") from error
    if not isinstance(found, dict):
        raise MalformedEvent(f"expected an object: {text[:80]!r}")
    return found
