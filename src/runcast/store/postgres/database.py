"""A PostgreSQL database as the store's: any number of engines may have it open."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg

from runcast.clock import Clock, SystemClock
from runcast.domain.errors import InvalidInput, Unavailable
from runcast.domain.transaction import App
from runcast.store.postgres.apps import install
from runcast.store.postgres.bell import Bell
from runcast.store.postgres.clock import DatabaseClock
from runcast.store.postgres.migrate import migrate
from runcast.store.postgres.session import PostgresSession
from runcast.store.script import Script
from runcast.store.session import Session

VERSION_MIN = 140000
_READERS = 4
_OPTIONS = {
    # A generic plan by index, whatever the statistics of a young table say: a plan for each call costs more than the call.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "jit": "off",
    # An engine that stands still within a turn must not hold up the others.
    "idle_in_transaction_session_timeout": "5000",
    "lock_timeout": "20000",
    "client_min_messages": "warning",
}
_WRITER_OPTIONS = {
    # What the writer asks for, it names: rows are looked up one by one, however many a plan expects.
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_NETWORK: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "runcast",
}


class PostgresDatabase:
    """`store.database.Database` at an address such as `postgresql://user@host/name`."""

    shared = True
    readers = _READERS

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = re.sub(r"(://[^:/@\s]*:)[^@/\s]+@", r"\1***@", url)
        self._bell: Bell | None = None
        self._on_ring: Callable[[bool], None] | None = None

    def open(self, clock: Clock) -> tuple[PostgresSession, Clock]:
        """Engine time is the database's clock, unless `clock` is not that of this machine."""
        try:
            connection = self.connect()
        except psycopg.OperationalError as error:
            raise Unavailable(f"cannot reach {self.name}: {str(error).strip()}") from error
        with connection:
            if connection.info.server_version < VERSION_MIN:
                raise Unavailable(
                    f"{self.name} is PostgreSQL {connection.info.server_version // 10000}; 14 is the oldest"
                )
            migrate(connection, self.name)
        time = DatabaseClock(clock) if isinstance(clock, SystemClock) else None
        session = PostgresSession(
            self._connect_writer, self.name, on_time=None if time is None else time.hear, on_change=self._ring
        )
        session.begin(lazy=True)
        session.rollback()
        return session, time or clock

    def connect(self) -> psycopg.Connection:
        """A connection with Runcast's settings. Raises psycopg's `OperationalError`."""
        try:
            connection = psycopg.connect(
                self.url, autocommit=True, prepare_threshold=None, target_session_attrs="read-write", **_NETWORK
            )
        except psycopg.ProgrammingError as error:
            raise InvalidInput(f"{self.name} is no address of a PostgreSQL database: {error}") from error
        return _configured(connection, _OPTIONS)

    def _connect_writer(self) -> psycopg.Connection:
        return _configured(self.connect(), _WRITER_OPTIONS)

    def open_reader(self) -> PostgresSession:
        return PostgresSession(self.connect, self.name)

    def start(self) -> None:
        self._bell = Bell(self.connect, self._rung)
        self._bell.start()

    def listen(self, on_ring: Callable[[bool], None]) -> None:
        """Who looks when another engine did something; True: at every queue. Called on a thread of the database's."""
        self._on_ring = on_ring

    def _rung(self, queues: bool) -> None:  # noqa: FBT001 - a callback
        if self._on_ring is not None:
            self._on_ring(queues)

    def _ring(self, queues: bool) -> None:  # noqa: FBT001 - a callback
        if self._bell is not None:
            self._bell.ring(queues)

    def install(self, session: Session, app: App, now: int) -> Script[None]:
        assert isinstance(session, PostgresSession)
        return install(session, app, now)

    def find_loss(self) -> str | None:
        return None

    def close(self, session: Session, *, refused: bool) -> None:
        if self._bell is not None:
            self._bell.close()
        session.close()

    def abandon(self, session: Session) -> None:
        session.close()


def _configured(connection: psycopg.Connection, options: dict[str, str]) -> psycopg.Connection:
    sets = ", ".join("set_config(%s, %s, false)" for _ in options)
    connection.execute(f"select {sets}".encode(), [text for item in options.items() for text in item])
    return connection
