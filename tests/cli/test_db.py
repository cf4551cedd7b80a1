"""`runcast db`: copies of a database in use, pruning, its size, its schema."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from runcast.domain.errors import DatabaseLocked
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun
from runcast.sdk.fresh_ids import fresh_id
from runcast.server import Server, ServerConfig
from runcast.store.sqlite.upkeep import backup, inspect, vacuum
from tests.cli.project import TASKS, Cli, make_database, project

DATABASE = Path(".runcast/runcast.db")


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return project(tmp_path, monkeypatch, capsys)


def new_run() -> NewRun:
    return NewRun(id=RunId(fresh_id("run")), task="hello", payload="{}")


def rows(path: Path, table: str) -> int:
    return next(found.rows for found in inspect(path).tables if found.name == table)


def test_info_tells_sizes_and_rows(cli: Cli) -> None:
    cli("trigger", "hello")
    (record,) = cli("db", "info", "--json").records
    assert record["schema"] >= 1
    assert record["file_bytes"] > 0
    assert {"name": "runs", "rows": 1} in record["tables"]
    assert "schema" in cli("db", "info").out


def test_a_backup_is_a_database_of_its_own(cli: Cli, tmp_path: Path) -> None:
    run_id = cli("trigger", "hello").out.strip()
    (record,) = cli("db", "backup", "copy.db", "--json").records
    assert record["bytes"] == (tmp_path / "copy.db").stat().st_size
    assert cli("doctor", "copy.db").code == 0
    assert [run["id"] for run in cli("runs", "list", "--database", "copy.db", "--json").records] == [run_id]


def test_a_backup_is_its_owners_alone_and_replaces_nothing_unasked(cli: Cli, tmp_path: Path) -> None:
    assert cli("db", "backup", "copy.db").code == 0
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0
    again = cli("db", "backup", "copy.db")
    assert again.code == 1
    assert "--force" in again.err
    assert cli("db", "backup", "copy.db", "--force").code == 0


def test_a_backup_never_replaces_the_database_itself(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(DATABASE)
    before = DATABASE.stat().st_ino
    for target in (str(DATABASE), "link.db"):
        said = cli("db", "backup", target, "--force")
        assert (said.code, "is the database itself" in said.err) == (1, True)
    assert DATABASE.stat().st_ino == before


def test_a_backup_replaces_nothing_but_files(cli: Cli, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    said = cli("db", "backup", "pipe", "--force")
    assert (said.code, "no ordinary file" in said.err) == (1, True)
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("command", [("db", "info"), ("db", "migrate"), ("runs", "list"), ("doctor",)], ids=" ".join)
def test_a_database_that_can_be_none_is_refused_without_a_defect(cli: Cli, command: tuple[str, ...]) -> None:
    for path, code in (("/", 2), (".", 2), ("x" * 5_000, 4)):
        assert cli(*command, "--database", path).code == code


def test_programs_read_nothing_but_json_of_a_vacuum(cli: Cli) -> None:
    assert cli("db", "vacuum", "--json").err == ""


async def test_a_backup_replaces_no_database_in_use_and_no_backup_under_way(tmp_path: Path) -> None:
    path, other = tmp_path / "runcast.db", tmp_path / "other.db"
    await make_database(path)
    async with Server(ServerConfig(database=str(other), socket=False)):
        with pytest.raises(DatabaseLocked, match="other"):
            await asyncio.to_thread(backup, path, other, overwrite=True)

    def second(_copied: int, _pages: int) -> None:
        with pytest.raises(DatabaseLocked, match="copy"):
            backup(path, tmp_path / "copy.db", overwrite=True)

    await asyncio.to_thread(backup, path, tmp_path / "copy.db", on_progress=second)
    assert rows(tmp_path / "copy.db", "tasks") == len(TASKS)


def test_a_backup_does_not_inherit_the_log_of_what_it_replaces(cli: Cli, tmp_path: Path) -> None:
    cli("db", "backup", "copy.db")
    (tmp_path / "copy.db-wal").write_bytes(b"of another file")
    assert cli("db", "backup", "copy.db", "--force").code == 0
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]


def test_a_backup_that_fails_leaves_nothing(cli: Cli, tmp_path: Path) -> None:
    assert cli("db", "backup", "missing/copy.db").code == 4
    assert not (tmp_path / "missing").exists()
    assert cli("db", "backup", f"{'copy' * 100}.db").code == 4
    assert cli("db", "backup", "/proc/copy.db").code == 4
    assert cli("db", "backup", "copy.db", "--database", "missing.db").code == 3
    assert list(tmp_path.glob("*copy*")) == []


async def test_a_backup_while_an_engine_writes_is_one_committed_state(tmp_path: Path) -> None:
    path, copy = tmp_path / "runcast.db", tmp_path / "copy.db"
    async with Server(ServerConfig(database=str(path), socket=False)) as server:
        await server.engine.trigger([new_run() for _ in range(2_000)])
        copying = asyncio.create_task(asyncio.to_thread(backup, path, copy))
        while not copying.done():
            await server.engine.trigger([new_run() for _ in range(100)])
        await copying
    assert rows(copy, "runs") % 100 == 0
    assert rows(copy, "runs") >= 2_000
    assert rows(copy, "changes") >= rows(copy, "runs")


async def test_writers_do_not_make_a_backup_start_over(tmp_path: Path) -> None:
    path, copy = tmp_path / "runcast.db", tmp_path / "copy.db"
    async with Server(ServerConfig(database=str(path), socket=False)) as server:
        await server.engine.trigger([new_run() for _ in range(1_000)])
        loop = asyncio.get_running_loop()
        steps: list[int] = []

        def write_between(copied: int, _pages: int) -> None:
            steps.append(copied)
            asyncio.run_coroutine_threadsafe(server.engine.trigger([new_run()]), loop).result()

        await asyncio.to_thread(backup, path, copy, on_progress=write_between)
    assert steps == sorted(set(steps))
    assert rows(copy, "runs") == 1_000


def test_prune_removes_what_ended_and_nothing_else(cli: Cli) -> None:
    live = cli("trigger", "hello").out.strip()
    cli("trigger", "enrich")
    cli("runs", "cancel", "latest")
    assert cli("db", "prune", "--older-than", "1h", "--yes", "--json").records[0]["pruned"] == 0
    assert cli("db", "prune", "--older-than", "0s", "--yes", "--json").records[0]["pruned"] == 1
    assert [run["id"] for run in cli("runs", "list", "--json").records] == [live]


def test_prune_asks_before_it_removes(cli: Cli) -> None:
    said = cli("db", "prune", "--older-than", "0s")
    assert said.code == 2
    assert "--yes" in said.err


def test_migrate_makes_a_database_and_leaves_a_current_one_alone(cli: Cli, tmp_path: Path) -> None:
    (made,) = cli("db", "migrate", "--database", "new.db", "--json").records
    assert (made["before"], made["after"]) == (0, inspect(tmp_path / "new.db").schema)
    assert "already" in cli("db", "migrate", "--database", "new.db").out


async def test_migrate_and_vacuum_keep_off_a_database_in_use(tmp_path: Path) -> None:
    path = tmp_path / "runcast.db"
    async with Server(ServerConfig(database=str(path), socket=False)):
        with pytest.raises(DatabaseLocked):
            await asyncio.to_thread(vacuum, path)


def test_vacuum_gives_space_back_and_keeps_what_is_there(cli: Cli) -> None:
    payload = '{"name": "' + "x" * 100_000 + '"}'
    for _ in range(20):
        cli("trigger", "hello", payload)
        cli("runs", "cancel", "latest")
    kept = cli("trigger", "hello").out.strip()
    cli("db", "prune", "--older-than", "0s", "--yes")
    (record,) = cli("db", "vacuum", "--json").records
    assert record["after_bytes"] < record["before_bytes"] / 2
    assert [run["id"] for run in cli("runs", "list", "--json").records] == [kept]
