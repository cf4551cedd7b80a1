"""The command line on a PostgreSQL: the same commands, no owner, friendly refusals, no passwords."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import psycopg
import pytest

from runcast.store.postgres.upkeep import bring_up_to_date
from tests.cli.project import Cli, Said, caller, enter, make_database

APP = """
import os
from runcast import task, wait

@task
async def who() -> int:
    return os.getpid()

@task
async def patient() -> bool:
    token = await wait.create_token(bool, timeout="1d")
    return await wait.for_token(token).unwrap()

@task
async def parent() -> list[int]:
    return [(await who.trigger_and_wait()).output for _ in range(3)]
"""


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], postgres: str) -> Cli:
    """A command line whose settings name a PostgreSQL that knows tasks."""
    enter(tmp_path, monkeypatch)
    asyncio.run(make_database_at(postgres))
    monkeypatch.setenv("RUNCAST_DATABASE", postgres)
    return caller(capsys)


async def make_database_at(url: str) -> None:
    await make_database(url)  # type: ignore[arg-type]


def with_password(url: str) -> str:
    """The same address with a password in it, as people write it."""
    return url.replace("://postgres:@", "://postgres:hunter2secret@").replace(
        "://postgres@", "://postgres:hunter2secret@"
    )


def test_every_command_that_reads_or_acts_works_on_it(cli: Cli) -> None:
    run_id = cli("trigger", "hello", '{"name": "Ada"}').out.strip()
    assert [run["id"] for run in cli("runs", "list", "--json").records] == [run_id]
    for command in (
        ("runs", "show", "latest"),
        ("runs", "logs", "latest"),
        ("why", "latest"),
        ("queues", "list"),
        ("queues", "pause", "web"),
        ("queues", "resume", "web"),
        ("queues", "set", "web", "--concurrency", "3"),
        ("schedules", "list"),
        ("schedules", "create", "hello", "--cron", "0 9 * * *"),
        ("tasks",),
        ("alerts",),
        ("waits", "list"),
        ("doctor",),
        ("db", "info"),
        ("db", "migrate"),
        ("runs", "export"),
        ("runs", "cancel", "latest"),
        ("watch", "latest"),
        ("db", "prune", "--older-than", "0s", "--yes"),
        ("config",),
    ):
        said = cli(*command, "--json")
        assert (command, said.code, said.err) == (command, 1 if command[0] == "watch" else 0, "")
    assert cli("runs", "list", "--json").records == []


def test_the_older_scheme_names_it_too(cli: Cli, postgres: str) -> None:
    cli("trigger", "hello")
    older = postgres.replace("postgresql://", "postgres://")
    assert len(cli("runs", "list", "--database", older, "--json").records) == 1


def test_the_info_tells_sizes_rows_and_who_is_connected(cli: Cli) -> None:
    cli("trigger", "hello")
    (record,) = cli("db", "info", "--json").records
    runs = next(table for table in record["tables"] if table["name"] == "runs")
    assert (runs["rows"], runs["estimated"]) == (1, False)
    assert runs["bytes"] > 0
    assert record["bytes"] >= runs["bytes"]
    assert 1 <= record["connections"] <= record["connections_max"]
    assert record["schema"] >= 1
    assert record["oldest_transaction_ms"] >= 0
    assert int(record["server"].split(".")[0]) >= 14
    assert "connections" in cli("db", "info").out


def test_doctor_finds_what_is_broken_in_it(cli: Cli, postgres: str) -> None:
    assert "all" in cli("doctor").out
    cli("trigger", "hello")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("update runs set slot = 1")
    said = cli("doctor", postgres, "--json")
    assert said.code == 1
    assert "slots_without_body" in {record.get("check") for record in said.records}


def test_what_is_for_files_says_what_to_use_instead(cli: Cli) -> None:
    backup = cli("db", "backup", "copy.db")
    assert (backup.code, "pg_dump --format=custom" in backup.err) == (2, True)
    assert "--schema=runcast_test" in backup.err
    vacuum = cli("db", "vacuum")
    assert (vacuum.code, "vacuum (full, analyze)" in vacuum.err) == (2, True)


def test_no_command_shows_a_password(cli: Cli, postgres: str) -> None:
    url = with_password(postgres)
    assert "hunter2secret" in url
    for command in (
        ("doctor",),
        ("db", "info"),
        ("db", "migrate"),
        ("config",),
        ("db", "backup", "x"),
        ("db", "vacuum"),
        ("runs", "list"),
        ("trigger", "nothing"),
    ):
        for form in ([], ["--json"]):
            said = cli(*command, *form, "--database", url)
            assert "hunter2secret" not in said.out + said.err


def refused(cli: Cli, url: str) -> Said:
    said = cli("runs", "list", "--database", url)
    assert "Traceback" not in said.err
    assert "defect" not in said.err
    return said


def test_a_server_that_is_not_there_is_told_with_what_to_check(cli: Cli, tmp_path: Path) -> None:
    said = refused(cli, "postgresql://ada:hunter2secret@127.0.0.1:1/shop")
    assert (said.code, "is the server running" in said.err) == (4, True)
    assert "hunter2secret" not in said.err
    said = refused(cli, f"postgresql:///shop?host={tmp_path}")
    assert (said.code, "is the server running" in said.err) == (4, True)


def test_a_database_or_user_that_is_missing_is_told_with_how_to_make_it(cli: Cli, postgres_server: str) -> None:
    said = refused(cli, postgres_server.replace("/postgres?", "/shop?"))
    assert (said.code, "createdb shop" in said.err) == (4, True)
    said = refused(cli, postgres_server.replace("postgres:@", "nobody:@", 1))
    assert (said.code, "createuser nobody" in said.err or "authentication" in said.err) == (4, True)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:p@ss/word1@127.0.0.1:1/shop",
        "postgresql://ada:secret#word1@127.0.0.1:1/shop",
        "postgresql://ada:100%word1@127.0.0.1:1/shop",
        "postgresql://127.0.0.1:1/shop?user=ada&password=secretword1&colour=red",
        "postgresql://ada:word1:word1@127.0.0.1:port/shop",
    ],
)
def test_an_address_that_was_written_wrongly_shows_no_part_of_its_password(cli: Cli, url: str) -> None:
    said = refused(cli, url)
    assert said.code in (2, 4)
    assert "word1" not in said.err


def test_a_database_without_tables_is_not_made_by_looking_at_it(cli: Cli, postgres_server: str, postgres: str) -> None:
    from tests.postgres import fresh_schema

    with fresh_schema(postgres_server) as empty:
        said = refused(cli, empty)
        assert (said.code, "runcast db migrate" in said.err) == (4, True)
        assert cli("doctor", empty).code == 4
        with psycopg.connect(empty) as connection:
            assert connection.execute("select to_regclass('runs')").fetchone() == (None,)
        (made,) = cli("db", "migrate", "--database", empty, "--json").records
        assert (made["before"], made["after"] >= 1) == (0, True)
        assert "already" in cli("db", "migrate", "--database", empty).out
        assert cli("runs", "list", "--database", empty).code == 0


def test_another_programs_tables_and_a_newer_schema_are_left_alone(cli: Cli, postgres_server: str) -> None:
    from tests.postgres import fresh_schema

    with fresh_schema(postgres_server) as foreign:
        with psycopg.connect(foreign, autocommit=True) as connection:
            connection.execute("create table runs (distance int)")
        for command in ("runs list", "db migrate", "db info"):
            said = cli(*command.split(), "--database", foreign)
            assert (said.code, "of another program" in said.err) == (4, True)
    with fresh_schema(postgres_server) as newer:
        bring_up_to_date(newer)
        with psycopg.connect(newer, autocommit=True) as connection:
            connection.execute("insert into meta (key, value) values ('migration 9999', 'x')")
        for command in ("runs list", "db migrate", "db info", "doctor"):
            said = cli(*command.split(), "--database", newer)
            assert (said.code, "Upgrade Runcast" in said.err) == (4, True)


def test_without_the_driver_it_is_told_how_to_install_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("psycopg", "runcast.store.postgres"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for command in (("runs", "list"), ("doctor",), ("db", "info"), ("db", "migrate")):
        said = cli(*command)
        assert (said.code, "pip install 'runcast[postgres]'" in said.err) == (2, True)
