"""A server as a real process, on a database of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

import pytest

from tests.postgres import fresh_schema

HERE = Path(__file__).parent


class Served(NamedTuple):
    """How clients reach it."""

    url: str
    key: str
    database: str

    @property
    def environment(self) -> dict[str, str]:
        """What the official clients read."""
        return {"TRIGGER_API_URL": self.url, "TRIGGER_SECRET_KEY": self.key, "COMPAT_DATABASE": self.database}


@contextmanager
def serving(folder: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    """SQLite is served as `runcast dev` does it, PostgreSQL as `runcast serve` with a worker inside."""
    kind: str = request.param
    if kind == "sqlite":
        with developing(folder) as served:
            yield served
        return
    server: str = request.getfixturevalue("postgres_server")
    with fresh_schema(server) as url, _process(folder, "serve", database=url) as (ready, environment):
        yield Served(ready["http"], _new_key(environment), kind)


@contextmanager
def developing(folder: Path, *, port: int = 0) -> Iterator[Served]:
    """`runcast dev` on the SQLite file of that folder."""
    database = str(folder / "runcast.db")
    with _process(folder, "dev", "--no-reload", database=database, port=port) as (ready, _):
        yield Served(ready["http"], ready["key"], "sqlite")


def _new_key(environment: dict[str, str]) -> str:
    said = subprocess.run(
        [sys.executable, "-P", "-m", "runcast.cli.main", "keys", "create", "compat", "--role", "admin", "--json"],
        env=environment, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    key: str = json.loads(said.stdout)["key"]
    return key


@contextmanager
def _process(
    folder: Path, command: str, *options: str, database: str, port: int = 0
) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUNCAST_")}
    environment |= {
        "RUNCAST_DATABASE": database,
        "RUNCAST_OUTGOING_PRIVATE": "127.0.0.1",
        # What executes when it stops is to go on after the next start.
        "RUNCAST_SHUTDOWN_GRACE": "200ms",
        "XDG_CONFIG_HOME": str(folder),
    }
    arguments = [command, str(HERE / "compat_app.py"), "--json", "--http", f"127.0.0.1:{port}", *options]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "runcast.cli.main", *arguments],
            cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        try:
            yield _ready(process, folder / "log"), environment
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                pytest.fail(f"the server did not stop:\n{(folder / 'log').read_text()[-2000:]}", pytrace=False)


def _ready(process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    """What it says when it is ready; what comes after that is read and forgotten, so that it never waits for us."""
    said: Queue[dict[str, Any] | None] = Queue()

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                record = json.loads(line)
                if record.get("event") == "ready":
                    said.put(record)
        said.put(None)

    threading.Thread(target=read, daemon=True).start()
    ready = said.get(timeout=60)
    assert ready is not None, f"the server did not start:\n{log.read_text()[-2000:]}"
    return ready
