"""`runcast db copy`: a project moves between databases, and what was in flight goes on there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest

from runcast.domain.ids import WorkerId
from runcast.gateway import Hello
from runcast.server import Server, ServerConfig
from tests.cli.project import Cli, NoInbox, Said, make_database, project
from tests.cli.test_services import PATIENCE_S, RUNCAST, Process, Start

DATABASE = ".runcast/runcast.db"
LOOKS_MAX = 60
"""Each a process of its own."""

APP = """
import asyncio
from pathlib import Path
from runcast import artifacts, logger, step, streams, task, wait

@step
async def note(text: str) -> str:
    with Path("ledger.txt").open("a") as ledger:
        ledger.write(text + "\\n")
    return text

@task
async def patient(name: str) -> str:
    await note(f"{name} before")
    logger.info("waiting")
    streams.append("words", "one")
    artifacts.add("note.bin", b"\\x00\\xff")
    token = await wait.create_token(bool, timeout="1d")
    await wait.for_token(token).unwrap()
    return await note(f"{name} after")

@task
async def parent() -> str:
    return (await patient.trigger_and_wait("child")).output

@task
async def long() -> str:
    await note("long before")
    if not Path("moved").exists():
        Path("executing").touch()
        await asyncio.sleep(600)
    return await note("long after")

@task
async def later() -> str:
    return await note("later")
"""


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return project(tmp_path, monkeypatch, capsys)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Process] = []

    def run(*arguments: str, **environment: str) -> Process:
        started.append(Process(tmp_path, *arguments, **environment))
        return started[-1]

    yield run
    for process in started:
        process.stop(signal.SIGKILL)


def run_ids(cli: Cli, database: str) -> list[str]:
    return [run["id"] for run in cli("runs", "list", "--database", database, "--json").records]


def test_everything_comes_over_and_is_counted(cli: Cli, postgres: str) -> None:
    cli("trigger", "hello", '{"name": "Adä\\u0000"}', "--tag", "x")
    cli("trigger", "enrich", "--delay", "1h", "--key", "once")
    cli("schedules", "create", "hello", "--cron", "0 9 * * *")
    cli("queues", "set", "web", "--concurrency", "3")
    (record,) = cli("db", "copy", DATABASE, postgres, "--json").records
    assert (record["tables"]["runs"], record["broken"]) == (2, [])
    assert record["rows"] == sum(record["tables"].values())
    for command in (("runs", "list"), ("schedules", "list"), ("queues", "list"), ("tasks",)):
        here, there = cli(*command, "--json"), cli(*command, "--json", "--database", postgres)
        assert (there.records, there.code) == (here.records, 0)
    # An idempotency key means the same run there.
    assert cli("trigger", "enrich", "--key", "once", "--database", postgres).out.strip() in run_ids(cli, postgres)
    assert len(run_ids(cli, postgres)) == 2


def test_numbers_go_on_after_the_last_one_even_when_its_row_is_gone(cli: Cli, postgres: str) -> None:
    cli("trigger", "hello")
    with apsw.Connection(DATABASE) as connection:
        connection.execute("update sqlite_sequence set seq = 5000 where name = 'changes'")
    cli("db", "copy", DATABASE, postgres)
    cli("trigger", "hello", "--database", postgres)
    with psycopg.connect(postgres) as connection:
        assert connection.execute("select max(seq) from changes").fetchone() == (5001,)


def test_the_way_back_is_the_same(cli: Cli, postgres: str) -> None:
    ids = [cli("trigger", "hello").out.strip() for _ in range(3)]
    cli("db", "copy", DATABASE, postgres)
    cli("runs", "cancel", ids[0], "--database", postgres)
    (record,) = cli("db", "copy", postgres, "back.db", "--json").records
    assert (record["tables"]["runs"], record["broken"]) == (3, [])
    there, back = (cli("runs", "list", "--json", "--database", place).records for place in (postgres, "back.db"))
    assert back == there
    assert cli("trigger", "hello", "--database", "back.db").code == 0
    assert cli("doctor", "back.db").code == 0


def refused(said: Said, code: int, text: str) -> None:
    assert (said.code, text in said.err) == (code, True), said.err


def test_what_has_rows_is_not_copied_into(cli: Cli, postgres: str) -> None:
    cli("trigger", "hello")
    cli("db", "copy", DATABASE, postgres)
    refused(cli("db", "copy", DATABASE, postgres), 1, "is not empty")
    assert len(run_ids(cli, postgres)) == 1


async def test_a_database_with_live_workers_is_not_copied(cli: Cli, postgres: str, tmp_path: Path) -> None:
    async with Server(ServerConfig(database=postgres)) as server:
        await server.engine.open(Hello(WorkerId("wrk_9"), tasks=()), NoInbox())
        done = await asyncio.to_thread(run, tmp_path, "db", "copy", postgres, "back.db")
    assert (done.returncode, "1 live workers" in done.stderr) == (1, True)


async def test_a_file_in_use_is_not_copied(tmp_path: Path, postgres: str) -> None:
    path = tmp_path / "runcast.db"
    await make_database(path)
    async with Server(ServerConfig(database=str(path), socket=False)):
        done = await asyncio.to_thread(run, tmp_path, "db", "copy", str(path), postgres)
    assert (done.returncode, "in use by another engine" in done.stderr) == (4, True)


def test_two_files_and_what_is_not_there_are_refused(cli: Cli, postgres: str) -> None:
    refused(cli("db", "copy", DATABASE, "other.db"), 2, "runcast db backup")
    refused(cli("db", "copy", "missing.db", postgres), 3, "no database at missing.db")
    with psycopg.connect(postgres) as connection:
        assert connection.execute("select to_regclass('runs')").fetchone() == (None,)


def test_a_table_that_the_target_lacks_is_not_left_behind(cli: Cli, postgres: str) -> None:
    with apsw.Connection(DATABASE) as connection:
        connection.execute("create table app_todo_items (id text primary key)")
    refused(cli("db", "copy", DATABASE, postgres), 2, "app_todo_items")


def test_a_copy_that_fails_leaves_nothing(cli: Cli, postgres: str) -> None:
    cli("trigger", "hello")
    with apsw.Connection(DATABASE) as connection:
        connection.execute(
            "insert into waits (id, environment, status, tags, created_at) values ('w', 'dev', 'x', '', 't')"
        )
    said = cli("db", "copy", DATABASE, postgres)
    assert said.code != 0
    assert run_ids(cli, postgres) == []


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUNCAST, *arguments],
        cwd=project,
        env={name: value for name, value in os.environ.items() if not name.startswith("RUNCAST_")},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def records(project: Path, *arguments: str) -> list[dict[str, Any]]:
    done = run(project, *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_runs_in_flight_go_on_in_the_other_database(start: Start, tmp_path: Path, postgres: str) -> None:
    (tmp_path / "app.py").write_text(APP)
    dev = start("dev", "app.py", "--no-reload", "--json")
    dev.next("ready")
    ids = {
        name: records(tmp_path, "trigger", *arguments)[0]["id"]
        for name, arguments in {
            "patient": ("patient", '{"name": "root"}'),
            "parent": ("parent",),
            "delayed": ("later", "--delay", "1h"),
            "long": ("long",),
        }.items()
    }
    records(tmp_path, "schedules", "create", "later", "--cron", "* * * * *")
    assert any(
        len(records(tmp_path, "waits", "list")) == 2 and (tmp_path / "executing").exists() for _ in range(LOOKS_MAX)
    )
    dev.stop(signal.SIGKILL)
    ids["queued"] = records(tmp_path, "trigger", "later")[0]["id"]

    (copied,) = records(tmp_path, "db", "copy", DATABASE, postgres)
    assert (copied["taken_back"], copied["broken"]) == (1, [])
    (tmp_path / "moved").touch()

    there = ("--database", postgres)
    start("worker", "app.py", "--json", RUNCAST_DATABASE=postgres).next("ready")
    for wait in records(tmp_path, "waits", "list", *there):
        records(tmp_path, "waits", "complete", wait["id"], "true", *there)
    ends = {name: records(tmp_path, "watch", ids[name], *there)[-1] for name in ("patient", "parent", "long", "queued")}
    assert {name: end["output"] for name, end in ends.items()} == {
        "patient": "root after",
        "parent": "child after",
        "long": "long after",
        "queued": "later",
    }
    assert records(tmp_path, "runs", "show", ids["delayed"], *there)[0]["status"] == "DELAYED"
    (schedule,) = records(tmp_path, "schedules", "list", *there)
    assert schedule["next_at"] is not None
    ledger = (tmp_path / "ledger.txt").read_text().splitlines()
    once = ("root before", "child before", "long before", "root after", "child after", "long after")
    assert {text: ledger.count(text) for text in once} == dict.fromkeys(once, 1)
    assert run(tmp_path, "doctor", postgres).returncode == 0
