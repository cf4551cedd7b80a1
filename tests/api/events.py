"""Reads server-sent events off a response, as browsers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec

PATIENCE_S = 20.0


class Event(msgspec.Struct, frozen=True):
    """One event; `id` is the last that was said."""

    id: str
    name: str
    data: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.data)


class Events:
    """The events of one response, in order. `last_id` as a browser would send it back."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.last_id = ""
        self.comments: list[str] = []
        self._lines = response.aiter_lines()

    async def __aiter__(self) -> AsyncIterator[Event]:
        name = ""
        data: list[str] = []
        async for line in self._lines:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if data:
                    yield Event(self.last_id, name or "message", "\n".join(data))
                name, data = "", []
            elif line.startswith(":"):
                self.comments.append(value)
            elif field == "id":
                self.last_id = value
            elif field == "event":
                name = value
            elif field == "data":
                data.append(value)

    async def next(self) -> Event:
        """The next event. Fails when the stream ends first."""
        async with asyncio.timeout(PATIENCE_S):
            async for event in self:
                return event
        raise AssertionError("the stream ended")

    async def rest(self) -> list[Event]:
        """All until its end."""
        async with asyncio.timeout(PATIENCE_S):
            return [event async for event in self]


@asynccontextmanager
async def listening(
    http: httpx2.AsyncClient, path: str, *, headers: dict[str, str] | None = None, **params: str
) -> AsyncIterator[Events]:
    """An open stream; the response has begun."""
    async with http.stream("GET", path, params=params, headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Events(response)
