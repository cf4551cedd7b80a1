"""Triggers and answers inside your own database transaction: they happen when it commits, and never if it does not.

A row goes into the table `runcast_outbox` of your database (SQLite or PostgreSQL), through your own connection: of
`sqlite3`, psycopg, asyncpg, aiosqlite, SQLAlchemy or Django. An engine whose setting `outbox` names that database carries it out, a
moment after the commit. On an asynchronous connection await the call; else it is done when it returns.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Generator
from typing import Any, TypeVar

import msgspec

from runcast.domain.errors import InvalidInput, NotDurableHere
from runcast.domain.outbox import COMPLETE_WAIT, DEFINITIONS, TRIGGER
from runcast.domain.run import NewRun
from runcast.sdk.ambient import current_door
from runcast.sdk.call import Call
from runcast.sdk.codec import encode_json
from runcast.sdk.handle import RunHandle
from runcast.sdk.item import BatchItem
from runcast.sdk.options import check_key
from runcast.sdk.outbox_connections import execute, find_dialect, insert
from runcast.sdk.relayed_door import RelayedDoor
from runcast.sdk.requests import handle_of, new_run
from runcast.sdk.scope import current_scope
from runcast.sdk.sealed_worker import sealed_run
from runcast.sdk.sealing import find_codec, seal

T = TypeVar("T")
R = TypeVar("R")


def trigger(connection: Any, item: BatchItem[R]) -> Call[RunHandle[R]]:
    """Trigger in the transaction of `connection`: once it is committed, the run exists under the id of the handle.

    `item` is the task with its arguments, `enrich.options(tags="vip").item("python.org")`, or `tasks.item("enrich", {…})`
    by name. What cannot be triggered is refused here, as by `trigger()`. A delay counts from this call. `handle.result()`
    and the others wait some seconds for the run to appear. If an idempotency key or a debounce names an older run, the
    id of the handle stays unknown. In a body it belongs into a step.

    >>> with connection:  # doctest: +SKIP
    ...     connection.execute("insert into orders (id) values (?)", ("o1",))
    ...     run = outbox.trigger(connection, ship.item("o1")).result()
    """
    _refuse_in_body()
    run = _with_fixed_start(new_run(item.request))
    codec = find_codec()
    stored = run if codec is None else sealed_run(codec, run)
    handle = handle_of(run.id, item.request, find_door=lambda: RelayedDoor(current_door(), run.id))
    return Written(handle, _write(connection, TRIGGER, run.id, msgspec.json.encode(stored).decode()))


def complete_wait(connection: Any, wait_id: str, value: Any = None) -> Call[None]:
    """Complete a wait with a JSON value in the transaction of `connection`; the first completion wins.

    A wait that does not exist, or takes no such value, is found out by the engine, which sets the row aside.

    >>> outbox.complete_wait(connection, approval.id, True)  # doctest: +SKIP
    """
    _refuse_in_body()
    if check_key(wait_id, "wait_id") is None:
        raise InvalidInput("complete_wait needs the id of a wait")
    text = encode_json(value, what=f"value of wait {wait_id}")
    codec = find_codec()
    return Written(None, _write(connection, COMPLETE_WAIT, wait_id, text if codec is None else seal(codec, text)))


def create(connection: Any) -> Call[None]:
    """Create the table, if it is not there. Commit it.

    >>> outbox.create(connection)  # doctest: +SKIP
    """
    return Written(None, execute(connection, definition(find_dialect(connection))))


def definition(dialect: str) -> str:
    """The statement that creates the table on `sqlite` or `postgresql`, for migrations of your own.

    >>> definition("sqlite").splitlines()[0]
    'create table if not exists runcast_outbox ('
    """
    found = DEFINITIONS.get(dialect)
    if found is None:
        raise InvalidInput(f"an outbox lives in sqlite or postgresql, not in {dialect!r}")
    return found


class Written(Call[T]):
    """A row on its way into a transaction: there already, or when this is awaited."""

    __slots__ = ("_pending", "_row_of")

    def __init__(self, value: T, pending: Awaitable[Any] | None) -> None:
        self.key = ""
        self.done = pending is None
        self._row_of = value
        self._pending = pending

    def __await__(self) -> Generator[Any, None, T]:
        if self._pending is not None:
            yield from self._pending.__await__()
            self._pending, self.done = None, True
        return self._row_of

    def result(self) -> T:
        """The value; on an asynchronous connection await the call instead."""
        if self._pending is not None:
            raise NotDurableHere("this connection is asynchronous: await the call, or nothing is written")
        return self._row_of

    def __repr__(self) -> str:
        return "<a row of the outbox>" if self.done else "<a row of the outbox: `await` it, or it is not written>"


def _write(connection: Any, kind: str, id: str, body: str) -> Awaitable[Any] | None:
    return insert(connection, (kind, id, body, _now_ms()))


def _with_fixed_start(run: NewRun) -> NewRun:
    """A delay counts from now, not from when an engine reads the row."""
    if run.delay_ms == 0 or run.start_at is not None:
        return run
    return msgspec.structs.replace(run, delay_ms=0, start_at=_now_ms() + run.delay_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _refuse_in_body() -> None:
    scope = current_scope.get()
    if scope is not None and scope.trial is None:
        raise NotDurableHere("a body is executed again, and would write the row again: write it in a step")
