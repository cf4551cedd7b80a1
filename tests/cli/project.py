"""A project with a database that no engine runs on, and a way to run commands in it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runcast.cli.main import run
from runcast.config_files import find_files
from runcast.domain.ids import WorkerId
from runcast.gateway import Hello, TaskInfo
from runcast.server import Server, ServerConfig

TASKS = (
    TaskInfo("hello", "default", source="app.py:3", schema='{"properties": {"name": {"type": "string"}}}'),
    TaskInfo("enrich", "web", max_attempts=5, max_duration_ms=120_000, description="Looks a company up."),
)


class Said(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Cli = Callable[..., Said]


class NoInbox:
    """Of a worker that does nothing."""

    def assign(self, assignments: object) -> None: ...
    def news(self, news: object) -> None: ...
    def stop(self, stops: object) -> None: ...


async def make_database(path: Path, tasks: Sequence[TaskInfo] = TASKS) -> None:
    """A database that knows those tasks."""
    async with Server(ServerConfig(database=str(path), socket=False)) as server:
        session = await server.engine.open(Hello(WorkerId("wrk_1"), tasks=tuple(tasks)), NoInbox())
        await session.close()


def enter(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in `directory`, without any setting from outside."""
    monkeypatch.chdir(directory)
    for name in [name for name in os.environ if name.startswith("RUNCAST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(directory / "xdg"))
    find_files.cache_clear()


def caller(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command, and hands back what it said; files may have changed since the last one."""

    def call(*arguments: str) -> Said:
        find_files.cache_clear()
        code = run(arguments)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """A command line in a directory with the usual database."""
    enter(tmp_path, monkeypatch)
    asyncio.run(make_database(tmp_path / ".runcast" / "runcast.db"))
    return caller(capsys)
