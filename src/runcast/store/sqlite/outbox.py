"""An outbox in a user's SQLite file.

It is read through Python's own `sqlite3`, not through the library that the engine uses for its database: locks on a file belong
to a process, so two SQLite libraries in one process do not see each other's, and the user's is the one of Python.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from runcast.domain.errors import Unavailable
from runcast.domain.limits import OUTBOX_BYTES
from runcast.domain.outbox import TABLE, OutboxRow
from runcast.store.sqlite.identity import FileIdentity

_BUSY_S = 5.0
"""How long a delete waits for a transaction of the user's: as long as the user's would by default."""
_ROWS = f"select seq, kind, id, body from {TABLE} where reason is null order by seq limit ?"


class SqliteOutbox:
    """`store.outboxes.Outbox` in a file. Several engines may take the same rows: what each carries out counts once."""

    def __init__(self, path: str) -> None:
        self.name = path
        self._connection: sqlite3.Connection | None = None
        self._identity: FileIdentity | None = None

    def take(self, limit: int) -> Sequence[OutboxRow]:
        with self._translated(), closing(self._connected().execute(_ROWS, (limit,))) as found:
            return list(_first_bytes(OutboxRow(*row) for row in found))

    def settle(self, done: Sequence[int], refused: Sequence[tuple[int, str]]) -> None:
        with self._translated():
            connection = self._connected()
            connection.execute("begin immediate")
            try:
                connection.executemany(f"delete from {TABLE} where seq = ?", [(seq,) for seq in done])
                connection.executemany(
                    f"update {TABLE} set reason = ? where seq = ?", [(reason, seq) for seq, reason in refused]
                )
                connection.execute("commit")
            finally:
                if connection.in_transaction:
                    connection.execute("rollback")

    def release(self) -> None:
        """Nothing is held: a lock on the user's file while the engine commits would keep the user waiting."""

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> sqlite3.Connection:
        if self._identity is not None and self._identity.find_loss() is not None:
            self.close()
        if self._connection is None:
            path = Path(self.name).absolute()
            # Never made: an empty file at a mistyped path would look like an outbox without rows.
            self._connection = sqlite3.connect(
                f"{path.as_uri()}?mode=rw", uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            self._identity = FileIdentity(path)
        return self._connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            self.close()
            if f"no such table: {TABLE}" in str(error):
                raise Unavailable(
                    f"{self.name} has no table {TABLE}: make it with runcast.outbox.create(connection)"
                ) from error
            raise Unavailable(f"cannot read the outbox in {self.name}: {error}") from error


def _first_bytes(rows: Iterable[OutboxRow]) -> Iterator[OutboxRow]:
    size = 0
    for row in rows:
        yield row
        size += len(row.body)
        if size > OUTBOX_BYTES:
            return
