"""Runs scripts on a connection to PostgreSQL. Writers of many engines take turns: an advisory lock is their queue.

A turn is one transaction: what is read in it is what is written upon, limits are counted after the lock is held, and the
feed's numbers come in the order of the commits. One round trip begins it, takes the lock, and says whether somebody else
had a turn since this session's last (ADR 0013).

A connection that is lost is opened again. Where it is lost in a commit, the database is asked how that ended.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic
from typing import Any

import msgspec
import psycopg
from psycopg import pq
from psycopg.errors import OperationalError, error_from_result

from runcast.domain.errors import Unavailable
from runcast.domain.transaction import App
from runcast.store.app_texts import app_texts
from runcast.store.postgres.doubt import Fact, was_committed
from runcast.store.postgres.failures import translated
from runcast.store.postgres.render import Columns, Query, render
from runcast.store.query import QueryText, load_texts
from runcast.store.script import Call
from runcast.store.session import DatabaseAway, Session, TurnLost

_ENCODE = msgspec.json.Encoder().encode
_BYTEA = 17
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_TURN = b"""
with turn as materialized (
  select pg_advisory_xact_lock(hashtextextended('runcast writer ' || current_schema(), 0)))
select nextval('writer_turns'), (select case when is_called then last_value else 0 end from changes_seq_seq),
  pg_current_xact_id(), (extract(epoch from clock_timestamp()) * 1000)::bigint
from turn"""
# A fresh snapshot for each statement, whatever the server's default is: what is counted is counted after the lock.
_BEGIN = b"begin isolation level read committed;" + _TURN
_COMMIT = b"commit"
_COMMIT_LAZY = b"set local synchronous_commit = off; commit"
_BEGIN_READ = b"begin isolation level repeatable read read only"
_COLUMNS = b"""
select table_name, column_name, data_type from information_schema.columns where table_schema = current_schema()"""
_RINGING = frozenset({"add_changes", "set_queue", "declare_queues"})
"""Queries after which other engines have something to look at."""
_PAUSES_S = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
"""Before each attempt to reach a database that went away; the last one is repeated."""
PATIENCE_S = 20.0
"""How long a database may be away, which is longer than most fail-overs take."""
log = logging.getLogger("runcast.store")

_PLAN_FACTS = 256

Connect = Callable[[], psycopg.Connection]


class PostgresSession(Session):
    """One connection, opened again when it is lost."""

    def __init__(
        self,
        connect: Connect,
        name: str,
        *,
        on_time: Callable[[int], None] | None = None,
        on_change: Callable[[bool], None] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`connect` raises `Unavailable`, saying why. `on_time` hears the database's time at each turn; `on_change` of each commit that others should look at, and
        whether it changed what queues may do."""
        super().__init__()
        self.name = name
        self._connect = connect
        self._on_time = on_time
        self._on_change = on_change
        self._patience_s = patience_s
        self._texts: dict[str, QueryText] = dict(load_texts())
        self._connection = connect()
        self._pg = self._connection.pgconn
        self._columns: Columns = {}
        self._queries: dict[str, Query] = {}
        self._prepared: set[str] = set()
        self._plan_until = 0
        """At this place of the feed plans are made anew."""
        self._away_since: float | None = None
        """When the database was lost, of which nothing was committed or read since."""
        self._attempts = 0
        self._impatient = False
        """The patience has run out, and the next attempt is the only one."""
        self._reason = ""
        """Why the last attempt failed."""
        self._last_turn = 0
        """The number of the last turn that was committed; 0: on another connection."""
        self._seen: int | None = None
        """The feed's end when the last turn that was committed began."""
        self._seen_for_sure: int | None = None
        """The same of the last that a crash of the server cannot undo: afterwards it gives later numbers once more."""
        self._lazy = False
        self._turn: tuple[int, int, bytes] = (0, 0, b"")
        """Number, end of the feed when it began, transaction id."""
        self._changed: set[str] = set()
        self._fact: Fact | None = None
        """The last row that this turn added to the feed."""

    @property
    def connection(self) -> psycopg.Connection:
        """The connection beneath, for what is no query of scripts."""
        return self._connection

    def know(self, app: App) -> None:
        self._texts.update({text.name: text for text in app_texts(app)})

    @contextmanager
    def translated(self) -> Iterator[None]:
        try:
            with translated(self.name):
                yield
        except TurnLost as lost:
            self._reason = str(lost)
            raise

    @property
    def in_transaction(self) -> bool:
        return self._pg.transaction_status in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)

    # --- transactions -----------------------------------------------------------------------------------------------

    def begin(self, *, lazy: bool) -> int | None:
        self._open_again()
        self._changed.clear()
        self._fact = None
        self._lazy = lazy
        result = self._send(_BEGIN)
        number, end = int(_value(result, 0)), int(_value(result, 1))
        self._turn = (number, end, _value(result, 2))
        if self._on_time is not None:
            self._on_time(int(_value(result, 3)))
        if end >= self._plan_until:
            self._plan_anew(end)
        alone = number == self._last_turn + 1
        if self._seen is None:
            return end
        return None if alone else self._seen

    def commit(self) -> None:
        # Whoever hears of a fact acts on it, a worker on its claim: a crash of the server must not undo it.
        lazy = self._lazy and not self._changed
        try:
            result = self._send(_COMMIT_LAZY if lazy else _COMMIT)
            if result.command_status == b"ROLLBACK":
                raise TurnLost(f"{self.name} rolled a transaction back")
        except OperationalError as error:
            if self._pg.status == pq.ConnStatus.OK or not self._was_committed():
                raise TurnLost(f"a commit of {self.name} was lost") from error
        else:
            self._last_turn = self._turn[0]
        self._calm()
        self._seen = self._turn[1]
        if not lazy:
            self._seen_for_sure = self._seen
        if self._changed and self._on_change is not None:
            self._on_change(self._changed != {"add_changes"})

    def _was_committed(self) -> bool:
        """How the transaction ended whose commit nobody answered. Raises `Unavailable` when there is nobody to ask."""
        xid = self._turn[2]
        while True:
            self._open_again()
            try:
                ended = was_committed(self._pg, xid, self._fact)
            except psycopg.Error as error:
                self._reason = f"how a commit of {self.name} ended cannot be asked: {error}"
            else:
                if ended is not None:
                    return ended
                self._reason = f"the server of {self.name} does not notice that a connection broke"
            self.give_up()

    def rollback(self) -> None:
        if self._pg.transaction_status == pq.TransactionStatus.INTRANS:
            self._calm()
        try:
            self._send(b"rollback")
        except OperationalError:
            # The connection is gone, and the transaction with it.
            self.give_up()

    def give_up(self) -> None:
        self._connection.close()

    def savepoint(self, name: str) -> None:
        self._send(f"savepoint {name}".encode())

    def rollback_to(self, name: str) -> None:
        self._send(f"rollback to {name}".encode())

    def release(self, name: str) -> None:
        self._send(f"release {name}".encode())

    def begin_read(self) -> None:
        self._open_again()
        self._send(_BEGIN_READ)

    def close(self) -> None:
        self._connection.close()

    # --- statements -------------------------------------------------------------------------------------------------

    def execute(self, call: Call) -> Any:
        query = self._queries.get(call.name)
        if call.name not in self._prepared:
            query = self._prepare(call.name)
        assert query is not None
        if call.name in _RINGING:
            self._changed.add(call.name)
        params = call.params
        if call.name == "add_changes":
            self._fact = params["rows"][-1]
        values: list[Any] = [
            _json(params[name]) if name in query.json_params else _text(params[name]) for name in query.params
        ]
        result = _checked(self._pg.exec_prepared(call.name.encode(), values), self._pg)
        if query.decoder is not None:
            found = result.get_value(0, 0) if result.ntuples else None
            return None if found is None else query.decoder.decode(found)
        if query.scalar:
            return _scalar(result)
        return None

    def _prepare(self, name: str) -> Query:
        if not self._columns:
            rows = self._send(_COLUMNS)
            self._columns = {
                (_value(rows, 0, row).decode(), _value(rows, 1, row).decode()): _value(rows, 2, row).decode()
                for row in range(rows.ntuples)
            }
        query = render(self._texts[name], self._columns)
        _checked(self._pg.prepare(name.encode(), query.sql.encode()), self._pg)
        self._queries[name] = query
        self._prepared.add(name)
        return query

    def _plan_anew(self, end: int) -> None:
        """A plan that was good for a table of ten rows may read all of a table of a thousand. Statistics come late."""
        self._plan_until = max(_PLAN_FACTS, 4 * end)
        if self._prepared:
            self._send(b"deallocate all")
            self._prepared.clear()

    def define(self, statements: str) -> None:
        """Make or change tables, in the open transaction. Raises psycopg's errors."""
        self._send(statements.encode())
        self._columns = {}

    def look_anew(self) -> None:
        """Another engine may have made tables since this one looked."""
        self._columns = {}

    def check(self, text: QueryText) -> None:
        """Raise psycopg's `ProgrammingError` for a query that the database does not understand."""
        self._texts[text.name] = text
        self._prepare(text.name)

    def _send(self, statements: bytes) -> pq.abc.PGresult:
        return _checked(self._pg.exec_(statements), self._pg)

    def _calm(self) -> None:
        """The database works."""
        self._away_since = None
        self._attempts = 0
        self._impatient = False

    def _open_again(self) -> None:
        """A connection that works. Raises `DatabaseAway` when the database stays away; who asks again after that gets one
        attempt, without a pause."""
        while self._pg.status != pq.ConnStatus.OK:
            self._be_patient()
            self._connection.close()
            try:
                self._connection = self._connect()
            except Unavailable as error:
                self._reason = str(error)
                log.info("%s", error)
                continue
            self._pg = self._connection.pgconn
            self._prepared.clear()
            self._last_turn = 0
            self._seen = self._seen_for_sure

    def _be_patient(self) -> None:
        """The pause before an attempt. Raises `DatabaseAway` when there is to be none."""
        now = monotonic()
        if self._away_since is None:
            self._away_since = now
        away_s = now - self._away_since
        if away_s <= self._patience_s:
            Event().wait(_PAUSES_S[min(self._attempts, len(_PAUSES_S) - 1)])
            self._attempts += 1
        elif self._impatient:
            self._impatient = False
        else:
            self._impatient = True
            raise DatabaseAway(f"{self._reason} It has been tried for {away_s:.0f} seconds.")


def _checked(result: pq.abc.PGresult, pgconn: pq.abc.PGconn) -> pq.abc.PGresult:
    """The result of a statement that went well. Raises psycopg's errors."""
    if result.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        return result
    if pgconn.status != pq.ConnStatus.OK:
        raise OperationalError(pgconn.get_error_message())
    raise error_from_result(result, encoding="utf-8")


def _value(result: pq.abc.PGresult, column: int, row: int = 0) -> bytes:
    value = result.get_value(row, column)
    assert value is not None
    return value


def _scalar(result: pq.abc.PGresult) -> Any:
    value = result.get_value(0, 0) if result.ntuples else None
    if value is None:
        return None
    kind = result.ftype(0)
    if kind == _BYTEA:
        return bytes.fromhex(value[2:].decode())
    return value.decode() if kind in _TEXTS else int(value)


_TEXTS = frozenset({18, 19, 25, 114, 1042, 1043, 3802})
"""Oids of text and what reads like it; other scalars are whole numbers."""


def _text(value: Any) -> bytes | None:
    """A parameter as PostgreSQL reads it. It cannot store the character NUL."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode()
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    return str(int(value)).encode()


def _json(value: Any) -> bytes:
    text = _ENCODE(value)
    return _NUL.sub(rb"\1\\ufffd", text) if b"\\u0000" in text else text
