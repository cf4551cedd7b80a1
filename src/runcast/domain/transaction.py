"""What a transaction of an extension asks of the store, step by step: its own queries, new runs, news of a topic."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from runcast.domain.nav import NavItem
from runcast.domain.run import NewRun

T = TypeVar("T")


class Ask(msgspec.Struct, frozen=True):
    """Run one of the extension's named queries; the answer is what its header promises."""

    name: str
    params: Mapping[str, Any]


class Start(msgspec.Struct, frozen=True):
    """Store runs; the answer is a `Triggered` for each."""

    runs: tuple[NewRun, ...]


class Publish(msgspec.Struct, frozen=True):
    """Tell those who follow a topic that `key` of it changed."""

    topic: str
    key: str


Operation = Ask | Start | Publish
Transaction = Generator[Operation, Any, T]
"""A running transaction: it may be thrown away and begun again, so it touches nothing but what it asks for."""
Begin = Callable[[int, str], Transaction[str]]
"""Begins a transaction at a time (engine ms) with arguments (JSON text); it ends with its result as JSON text."""


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An extension as the engine installs it."""

    name: str
    migrations: tuple[tuple[str, str], ...] = ()
    """(name, SQL), in order; applied ones never change."""
    queries: str = ""
    """Named queries, in the form of the store's own files."""
    rows: tuple[type[msgspec.Struct], ...] = ()
    """What its queries answer with."""
    topics: tuple[str, ...] = ()
    writes: Mapping[str, Begin] = {}
    reads: Mapping[str, Begin] = {}
    routes: Callable[[], Sequence[Any]] | None = None
    """Gives its handlers, when HTTP is served; None: it has none."""
    nav: tuple[NavItem, ...] = ()


def topic_id(topic: str) -> str:
    """A topic (`todo.items`) among the roots that changes belong to.

    >>> topic_id("todo.items")
    'topic:todo.items'
    """
    return f"topic:{topic}"
