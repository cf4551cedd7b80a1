"""Moves the write-ahead log back into the database on a thread of its own, so that the writer never waits for it."""

from __future__ import annotations

import logging
import threading

import apsw

from runcast.store.sqlite.database import connect

log = logging.getLogger("runcast.store")


class Checkpointer:
    """`ring()` asks for a passive checkpoint; many rings in a row cost one."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._bell = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="runcast-checkpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ring(self) -> None:
        self._bell.set()

    def close(self) -> None:
        self._closed = True
        self._bell.set()
        self._thread.join()

    def _loop(self) -> None:
        connection = connect(self._path)
        try:
            while True:
                self._bell.wait()
                self._bell.clear()
                if self._closed:
                    return
                try:
                    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                except apsw.Error:
                    log.warning("checkpoint failed; the next one tries again", exc_info=True)
        finally:
            connection.close()
