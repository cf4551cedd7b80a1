"""Rings between engines that share a database: `LISTEN` and `NOTIFY` on a connection of its own, outside of transactions.

A bell may be lost, and rings for many commits at once: after one, and at least once a second, an engine looks whether
others had a turn. So nothing depends on it but speed.
"""

from __future__ import annotations

import logging
import os
import select
import threading
from collections.abc import Callable

import psycopg
from psycopg import sql

from runcast.store.postgres.session import Connect

CHANNEL = "runcast"
_LOOK_S = 1.0
"""How long a lost bell may stay unheard."""
_PAUSE_S = 0.01
"""Between two rings: a commit that notifies takes a lock that all others wait for."""
_AWAY_S = 1.0
log = logging.getLogger("runcast.store")


class Bell:
    """Calls `on_ring(queues)` on a thread of its own when another engine rang; `queues`: their limits changed."""

    def __init__(self, connect: Connect, on_ring: Callable[[bool], None]) -> None:
        self._connect = connect
        self._on_ring = on_ring
        self._read, self._write = os.pipe()
        self._wanted: set[bool] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="runcast-bell", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ring(self, queues: bool) -> None:  # noqa: FBT001 - a callback
        """Let the others look."""
        with self._lock:
            first = not self._wanted
            self._wanted.add(queues)
        if first and not self._closing.is_set():
            os.write(self._write, b"!")

    def close(self) -> None:
        self._closing.set()
        os.write(self._write, b"!")
        self._thread.join()
        os.close(self._read)
        os.close(self._write)

    def _loop(self) -> None:
        while not self._closing.is_set():
            try:
                with self._connect() as connection:
                    self._serve(connection)
            except (psycopg.Error, OSError) as error:
                if not self._closing.is_set():
                    log.info("the bell between engines is silent for a moment: %s", error)
            self._closing.wait(_AWAY_S)

    def _serve(self, connection: psycopg.Connection) -> None:
        connection.autocommit = True
        connection.execute(sql.SQL("listen {}").format(sql.Identifier(CHANNEL)))
        pg = connection.pgconn
        heard: set[str] = set()

        def hear(note: psycopg.Notify) -> None:
            if note.pid != pg.backend_pid:
                heard.add(note.payload)

        # What arrives while a statement of its own is answered, psycopg takes.
        connection.add_notify_handler(hear)
        seen = self._turns(connection)
        # Whatever was rung before was not heard.
        self._on_ring(True)
        while not self._closing.is_set():
            readable = _readable(pg.socket, self._read)
            if self._read in readable:
                os.read(self._read, 1024)
                self._notify(connection)
                if self._closing.wait(_PAUSE_S):
                    return
            if pg.socket in readable:
                pg.consume_input()
            while (note := pg.notifies()) is not None:
                if note.be_pid != pg.backend_pid:
                    heard.add(note.extra.decode())
            if not readable:
                newest = self._turns(connection)
                if newest != seen:
                    heard.add("")
                    seen = newest
            if heard:
                self._on_ring("queues" in heard)
                heard.clear()

    def _notify(self, connection: psycopg.Connection) -> None:
        with self._lock:
            wanted, self._wanted = self._wanted, set()
        if wanted:
            try:
                connection.execute("select pg_notify(%s, %s)", (CHANNEL, "queues" if True in wanted else ""))
            except psycopg.Error:
                for queues in wanted:
                    self.ring(queues)
                raise

    def _turns(self, connection: psycopg.Connection) -> int:
        """How far the feed has come: the fallback for a bell that was not heard."""
        row = connection.execute(
            "select case when is_called then last_value else 0 end from changes_seq_seq"
        ).fetchone()
        assert row is not None
        return int(row[0])


def _readable(*files: int) -> set[int]:
    """Which of them have something to read, within a moment. A `select` would fail for numbers over 1,023."""
    poll = select.poll()
    for file in files:
        poll.register(file, select.POLLIN)
    return {file for file, _ in poll.poll(_LOOK_S * 1000)}
