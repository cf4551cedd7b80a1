"""A SQLite file, or memory, as the store's database: one engine owns it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from runcast.clock import Clock
from runcast.domain.transaction import App
from runcast.store.script import Script
from runcast.store.session import Session
from runcast.store.sqlite import engine_time
from runcast.store.sqlite.apps import install
from runcast.store.sqlite.checkpointer import Checkpointer
from runcast.store.sqlite.database import FileLock, SqliteSession, close_whole, connect, leave_log, translated
from runcast.store.sqlite.identity import FileIdentity
from runcast.store.sqlite.migrate import migrate

_CHECKPOINT_PAGES = 2_000
_READERS = 2


class SqliteDatabase:
    """`store.database.Database` in a file or in memory."""

    shared = False

    def __init__(self, path: str, *, in_passing: bool = False) -> None:
        """`in_passing`: not for an engine, which would be waited for."""
        self.name = path
        self._memory = path == ":memory:"
        self.readers = 0 if self._memory else _READERS
        self._lock = None if self._memory else FileLock(Path(path), in_passing=in_passing)
        self._identity: FileIdentity | None = None
        self._checkpointer: Checkpointer | None = None

    def open(self, clock: Clock) -> tuple[SqliteSession, Clock]:
        """Engine time is the clock, unless that was turned back since the database was last open."""
        if self._lock is not None:
            self._lock.acquire()
        try:
            connection = connect(self.name)
            with translated(self.name):
                migrate(connection, self.name)
                session = SqliteSession(connection, self.name)
                clock = engine_time.go_on(session, clock)
            self._identity = None if self._memory else FileIdentity(Path(self.name))
        except BaseException:
            if self._lock is not None:
                self._lock.release()
            raise
        connection.set_wal_hook(self._on_wal)
        return session, clock

    def open_reader(self) -> SqliteSession:
        return SqliteSession(connect(self.name, readonly=True), self.name)

    def listen(self, on_ring: Callable[[bool], None]) -> None:
        """Nobody else writes here."""

    def start(self) -> None:
        if not self._memory:
            self._checkpointer = Checkpointer(self.name)
            self._checkpointer.start()

    def _on_wal(self, _connection: Any, _name: str, pages: int) -> int:
        if pages >= _CHECKPOINT_PAGES and self._checkpointer is not None:
            self._checkpointer.ring()
        return 0

    def install(self, session: Session, app: App, now: int) -> Script[None]:
        assert isinstance(session, SqliteSession)
        return install(session.connection, app, now)

    def find_loss(self) -> str | None:
        return None if self._identity is None else self._identity.find_loss()

    def close(self, session: Session, *, refused: bool) -> None:
        """The log is folded into the file, the lock freed: the database is one file then."""
        assert isinstance(session, SqliteSession)
        if self._checkpointer is not None:
            self._checkpointer.close()
        if refused:
            leave_log(session.connection)
        close_whole(session.connection, self.name)
        if self._lock is not None:
            self._lock.release()

    def abandon(self, session: Session) -> None:
        assert isinstance(session, SqliteSession)
        session.connection.close(True)
        if self._lock is not None:
            self._lock.release()
