"""A PostgreSQL database as the store's: any number of engines may have it open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from runcast.clock import Clock, SystemClock
from runcast.domain.errors import Unavailable
from runcast.domain.masked import masked
from runcast.domain.transaction import App
from runcast.store.postgres.apps import install
from runcast.store.postgres.bell import Bell
from runcast.store.postgres.clock import DatabaseClock
from runcast.store.postgres.failover import notice_failover
from runcast.store.postgres.failures import translated
from runcast.store.postgres.migrate import migrate, presence, require_schema
from runcast.store.postgres.pooled import warn_of_settings
from runcast.store.postgres.session import PATIENCE_S, PostgresSession
from runcast.store.postgres.unreachable import no_address, unreachable
from runcast.store.script import Script
from runcast.store.session import Session, TurnLost

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
    "bytea_output": "hex",
}
_WRITER_OPTIONS = {
    # What the writer asks for, it names: rows are looked up one by one, however many a plan expects.
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_FAR_END = {
    # The server, too, finds out that an engine's machine is gone, or takes nothing in, while it answers within a turn.
    "tcp_user_timeout": "10000",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
_NETWORK: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "runcast",
    "client_encoding": "utf8",
}


class PostgresDatabase:
    """`store.database.Database` at an address such as `postgresql://user@host/name`."""

    shared = True
    readers = _READERS

    def __init__(self, url: str, *, direct: str = "", in_passing: bool = False, patience_s: float = PATIENCE_S) -> None:
        """`direct`: an address that no pooler is in front of, for the one connection that listens. `in_passing`: not for
        an engine, so the schema is not changed. `patience_s`: how long it may be away before anybody hears of it."""
        self.url = url
        self._patience_s = patience_s
        self.name = masked(url)
        self._direct = direct
        self._in_passing = in_passing
        self._bell: Bell | None = None
        self._on_ring: Callable[[bool], None] | None = None

    def open(self, clock: Clock) -> tuple[PostgresSession, Clock]:
        """Engine time is the database's clock, unless `clock` is not that of this machine."""
        time = DatabaseClock(clock) if isinstance(clock, SystemClock) else None
        with self.opening():
            # One is closed when the other is open: at no moment this process is not seen to be here.
            with self.reach() as connection:
                self._prepare(connection)
                session = PostgresSession(
                    self._reach_writer,
                    self.name,
                    on_time=None if time is None else time.hear,
                    on_change=self._ring,
                    patience_s=self._patience_s,
                )
            session.begin(lazy=True)
            session.rollback()
        return session, time or clock

    def _prepare(self, connection: psycopg.Connection) -> None:
        """Raises `Unavailable` for a server that is too old, and for a schema that cannot be used."""
        if connection.info.server_version < VERSION_MIN:
            raise Unavailable(f"{self.name} is PostgreSQL {connection.info.server_version // 10000}; 14 is the oldest")
        if self._direct and not self._in_passing:
            warn_of_settings(connection, self.name, _OPTIONS | _WRITER_OPTIONS)
        if self._in_passing:
            require_schema(connection, self.name)
        else:
            migrate(connection, self.name)

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Raises what keeps it from being opened as the domain's errors."""
        try:
            with translated(self.name):
                yield
        except TurnLost as error:
            # Nothing was tried again yet: whoever opens it is told at once.
            raise Unavailable(f"{error}. Try again.") from error
        except errors.InvalidSchemaName as error:
            raise Unavailable(
                f"{self.name} has no such schema. Make it first (create schema …), or leave search_path out of the address"
            ) from error

    def connect(self) -> psycopg.Connection:
        """A connection with Runcast's settings. Raises psycopg's `OperationalError`, or `InvalidInput`."""
        return self._connected(self.url, _OPTIONS)

    def reach(self) -> psycopg.Connection:
        """The same. Raises `Unavailable` that says what to do."""
        return self._reached(_OPTIONS)

    def _reached(self, options: dict[str, str]) -> psycopg.Connection:
        try:
            return self._connected(self.url, options)
        except psycopg.OperationalError as error:
            raise unreachable(self.url, self.name, error) from error

    def _connected(self, url: str, options: dict[str, str]) -> psycopg.Connection:
        try:
            connection = psycopg.connect(
                url, autocommit=True, prepare_threshold=None, target_session_attrs="read-write", **_NETWORK
            )
        except psycopg.ProgrammingError as error:
            raise no_address(url, masked(url), error) from None
        return connection if self._direct else _configured(connection, options | _FAR_END)

    def _connect_direct(self) -> psycopg.Connection:
        connection = self._connected(self._direct or self.url, _OPTIONS)
        if self._direct:
            # The only one that is not a pooler's, whose locks would be somebody else's.
            connection.execute(f"select {presence()}".encode())
        return connection

    def _reach_writer(self) -> psycopg.Connection:
        connection = self._reached(_OPTIONS | _WRITER_OPTIONS)
        try:
            notice_failover(connection, self.name)
        except psycopg.OperationalError as error:
            connection.close()
            raise unreachable(self.url, self.name, error) from error
        return connection

    def open_reader(self) -> PostgresSession:
        return PostgresSession(self.reach, self.name, patience_s=self._patience_s)

    def start(self) -> None:
        self._bell = Bell(self._connect_direct, self._rung)
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
    """Set what the session needs, and tell others which release is connected."""
    sets = ", ".join(["set_config(%s, %s, false)" for _ in options] + [presence()])
    try:
        connection.execute(f"select {sets}".encode(), [text for item in options.items() for text in item])
    except BaseException:
        connection.close()
        raise
    return connection
