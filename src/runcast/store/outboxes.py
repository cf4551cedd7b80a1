"""What an engine needs of a database with an outbox in it, and how one is found by its address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from runcast.domain.errors import InvalidInput
from runcast.domain.outbox import OutboxRow
from runcast.store.opening import is_shared, sqlite_path


class Outbox(Protocol):
    """An outbox in a user's database. Every method blocks, may raise `Unavailable`, and is called on one thread.

    It is *idle* until `take` finds rows, then *taken* until `settle` or `release`.
    """

    @property
    def name(self) -> str:
        """For messages; without passwords."""
        ...

    def take(self, limit: int) -> Sequence[OutboxRow]:
        """The oldest committed rows. None when there are none, or another engine has them: then it stays idle."""
        ...

    def settle(self, done: Sequence[int], refused: Sequence[tuple[int, str]]) -> None:
        """Delete what is done, and set aside what was refused, with the reason."""
        ...

    def release(self) -> None:
        """Leave all rows as they are."""
        ...

    def close(self) -> None: ...


def open_outbox(address: str) -> Outbox:
    """The outbox at `sqlite:///path`, a path, or `postgresql://…`; it connects when it is first read.

    Raises `InvalidInput` for another scheme, or without its driver.
    """
    if is_shared(address):
        try:
            from runcast.store.postgres.outbox import PostgresOutbox
        except ImportError as error:
            raise InvalidInput("an outbox in PostgreSQL needs its driver: pip install 'runcast[postgres]'") from error
        return PostgresOutbox(address)
    from runcast.store.sqlite.outbox import SqliteOutbox

    return SqliteOutbox(sqlite_path(address))
