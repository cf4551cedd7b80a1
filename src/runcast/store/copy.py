"""Copies a project from one database into another, empty one, with its runs in flight.

What is copied is every row of every table, in one transaction of the target: it is all there or nothing. Both databases
keep the same columns, so rows pass as they are. Numbers that a database gives go on after the last one that was given:
whoever follows the feed by its place in it goes on in the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

import msgspec

from runcast.domain.errors import Conflict, InvalidInput, Unavailable
from runcast.store import workers
from runcast.store.script import Script

Row = tuple[Any, ...]
OnProgress = Callable[[int, int], None]
"""Is told (rows copied, rows in all)."""
KEPT = frozenset({"meta", "duties", "app_migrations"})
"""Tables about a database rather than what is in it: each has its own."""
_TELL_EVERY_ROWS = 1_000


class Contents(Protocol):
    """Tables and rows of an open database; `store.sqlite.contents` and `store.postgres.contents` have it."""

    name: str
    """For messages; without passwords."""

    def tables(self) -> Mapping[str, tuple[str, ...]]:
        """The columns of each table, by name."""
        ...

    def count(self, table: str) -> int: ...

    def last_number(self, table: str) -> int:
        """The last that the database gave to a row of it; 0 if it gives none, or gave none yet."""
        ...

    def rows(self, table: str, columns: tuple[str, ...]) -> Iterator[Row]: ...

    def add(self, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None: ...

    def number_after(self, table: str, number: int) -> None:
        """What is given to the next row is greater than `number`, if numbers are given to rows of that table at all."""
        ...


class Copied(msgspec.Struct, frozen=True):
    """What came over: rows by table."""

    tables: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


def copy(source: Contents, target: Contents, *, on_progress: OnProgress | None = None) -> Copied:
    """Copy everything into the open transaction of `target`, and count it there.

    Raises `Conflict` when the target has rows, `InvalidInput` when it lacks a table of an extension.
    """
    tables = _check(source, target)
    counts = {table: source.count(table) for table in tables}
    progress = _Progress(sum(counts.values()), on_progress)
    for table, columns in tables.items():
        target.add(table, columns, progress.of(source.rows(table, columns)))
        target.number_after(table, source.last_number(table))
    for table, count in counts.items():
        if (found := target.count(table)) != count:
            raise Unavailable(
                f"{target.name} has {found:,} of the {count:,} rows in {table} of {source.name}: nothing was kept. "
                "Is somebody else writing there?"
            )
    return Copied(counts)


def _check(source: Contents, target: Contents) -> dict[str, tuple[str, ...]]:
    """What is to be copied. Raises when it has no place."""
    theirs = target.tables()
    tables = {table: columns for table, columns in source.tables().items() if table not in KEPT}
    for table, columns in tables.items():
        if set(columns) != set(theirs.get(table, ())):
            raise InvalidInput(
                f"{source.name} has a table {table} that {target.name} lacks, or has with other columns. Is it of an "
                "extension? Name that in the setting `extensions`, in the release that this database was used with."
            )
    for table in theirs:
        if table not in KEPT and (count := target.count(table)):
            raise Conflict(
                f"{target.name} is not empty: it has {count:,} rows in {table}. Copy into a database or schema of its own."
            )
    return tables


class _Progress:
    def __init__(self, total: int, tell: OnProgress | None) -> None:
        self._total = total
        self._tell = tell
        self._done = 0

    def of(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            yield row
            self._done += 1
            if self._tell is not None and (self._done % _TELL_EVERY_ROWS == 0 or self._done == self._total):
                self._tell(self._done, self._total)


def take_back(now: int) -> Script[int]:
    """Every worker of the copied project is elsewhere: stop them, and queue what they held; how many runs."""
    processes = yield from workers.processes()
    ids = yield from workers.find_dead(now, boot=True, gone=processes)
    return (yield from workers.rescue(ids, now, deaths=False)) if ids else 0
