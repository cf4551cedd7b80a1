"""What snippets import as the user's own code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


async def download(url: str) -> str:
    return f"<html>{url}</html>"


def mail(to: str, text: str) -> None:
    print(to, text)


class Connection:
    """A database that takes what it is told, and refuses what is named after an error."""

    async def insert(self, page: str) -> int:
        if page == "offline":
            raise ConnectionError("no route")
        if page == "forbidden":
            raise PermissionError("read only")
        return len(page)


@asynccontextmanager
async def connect() -> AsyncIterator[Connection]:
    yield Connection()


attempts: list[str] = []
"""What was asked of `reserve`."""


async def reserve(trip: str) -> str:
    attempts.append(trip)
    if len(attempts) < 3:
        raise ConnectionError("busy")
    return f"seat for {trip}"


async def book(seat: str) -> str:
    return f"booked: {seat}"


@dataclass
class Answer:
    text: str
    input_tokens: int
    output_tokens: int
    cost: float


async def ask_model(model: str, question: str) -> Answer:
    return Answer(question.upper(), len(question), 2, 0.25)
