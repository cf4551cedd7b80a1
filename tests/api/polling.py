"""Polls a realtime feed as the official client does: from the beginning, then live, giving back what it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import msgspec

PATIENCE_S = 20.0


class Poller:
    """One subscription. `rows` is what the client knows."""

    def __init__(self, http: httpx2.AsyncClient, path: str, **params: str) -> None:
        self._http = http
        self._path = path
        self._params = params
        self._state: dict[str, str] = {"offset": "-1"}
        self.rows: dict[str, dict[str, Any]] = {}
        self.answer: httpx2.Response
        self.updates: list[dict[str, Any]] = []

    async def ask(self, **params: str) -> list[dict[str, Any]]:
        """One request; the rows that it brought, as they came."""
        self.answer = await self._http.get(self._path, params=self._params | {"log": "full"} | self._state | params)
        messages = self.answer.json()
        headers = self.answer.headers
        if self.answer.status_code == 409:
            assert messages == [{"headers": {"control": "must-refetch"}}]
            self._state = {"offset": "-1", "handle": headers["electric-handle"]}
            return []
        assert self.answer.status_code == 200, self.answer.text
        assert messages[-1] == {"headers": {"control": "up-to-date"}}
        assert "electric-up-to-date" in headers
        if "live" in self._state:
            self._state["cursor"] = headers["electric-cursor"]
        else:
            msgspec.json.decode(headers["electric-schema"])
        self._state |= {"offset": headers["electric-offset"], "handle": headers["electric-handle"], "live": "true"}
        brought = messages[:-1]
        for message in brought:
            before = self.rows.get(message["key"], {})
            row = self.rows[message["key"]] = before | message["value"]
            assert row["updatedAt"] > before.get("updatedAt", ""), (before, row)
            self.updates.append(row)
        return [message["value"] for message in brought]

    async def until(self, test: Callable[[dict[str, dict[str, Any]]], bool]) -> None:
        """Poll until the rows are as `test` wants."""
        async with asyncio.timeout(PATIENCE_S):
            while not test(self.rows):
                await self.ask()

    @property
    def row(self) -> dict[str, Any]:
        (row,) = self.rows.values()
        return row
