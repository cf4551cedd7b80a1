"""An outbox in a user's PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from runcast.domain.errors import Unavailable
from runcast.domain.limits import OUTBOX_BYTES
from runcast.domain.masked import masked
from runcast.domain.outbox import TABLE, OutboxRow

_ROWS = f"""
with oldest as (
  select seq, kind, id, body, octet_length(body) as bytes
  from {TABLE}
  where reason is null
  order by seq
  limit %s
)
select seq, kind, id, body
from (select oldest.*, sum(bytes) over (order by seq) - bytes as bytes_before from oldest) counted
where bytes_before <= %s
order by seq"""
# Engines relay one after the other, so that rows are carried out in order. One that stands still lets go.
_PATIENCE = "set local idle_in_transaction_session_timeout = '10s'"
_LOCK = f"select pg_try_advisory_xact_lock((1919251299::bigint << 32) | '{TABLE}'::regclass::oid::bigint)"
_NETWORK: dict[str, Any] = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "application_name": "runcast outbox"}


class PostgresOutbox:
    """`store.outboxes.Outbox` at an address. What is taken is locked, by a transaction that nobody else waits for."""

    def __init__(self, url: str) -> None:
        self.name = masked(url)
        self._url = url
        self._connection: psycopg.Connection | None = None

    def take(self, limit: int) -> Sequence[OutboxRow]:
        with self._translated():
            if self._connection is None:
                self._connection = psycopg.connect(self._url, autocommit=True, prepare_threshold=None, **_NETWORK)
            connection = self._connection
            if connection.execute(f"select 1 from {TABLE} where reason is null limit 1").fetchone() is None:
                return ()
            connection.execute("begin")
            connection.execute(_PATIENCE)
            taken = connection.execute(_LOCK).fetchone()
            rows = connection.execute(_ROWS, (limit, OUTBOX_BYTES)).fetchall() if taken == (True,) else []
            if not rows:
                connection.execute("rollback")
            return [OutboxRow(*row) for row in rows]

    def settle(self, done: Sequence[int], refused: Sequence[tuple[int, str]]) -> None:
        with self._translated():
            assert self._connection is not None
            self._connection.execute(f"delete from {TABLE} where seq = any(%s)", (list(done),))
            for seq, reason in refused:
                self._connection.execute(f"update {TABLE} set reason = %s where seq = %s", (reason, seq))
            self._connection.execute("commit")

    def release(self) -> None:
        with self._translated():
            if self._connection is not None:
                self._connection.execute("rollback")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except errors.UndefinedTable as error:
            self.close()
            raise Unavailable(
                f"{self.name} has no table {TABLE}: make it with runcast.outbox.create(connection)"
            ) from error
        except psycopg.Error as error:
            self.close()
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise Unavailable(f"cannot read the outbox in {self.name}: {said}") from error
