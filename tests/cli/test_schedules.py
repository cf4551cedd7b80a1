"""`runcast schedules` on a database that no engine runs on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runcast.cli.main import run
from runcast.cli.schedules import COMMANDS
from runcast.domain.ids import WorkerId
from runcast.domain.schedule import ScheduleSettings
from runcast.gateway import Hello, TaskInfo
from runcast.server import Server, ServerConfig


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        (line,) = self.out.splitlines()
        found: dict[str, Any] = json.loads(line)
        return found


Cli = Callable[..., Said]
INVALID = 2


class _NoInbox:
    def assign(self, assignments: object) -> None: ...
    def news(self, news: object) -> None: ...
    def stop(self, stops: object) -> None: ...


async def _make_database(path: Path) -> None:
    async with Server(ServerConfig(database=str(path), socket=False)) as server:
        tasks = (TaskInfo("report", "default"), TaskInfo("beat", "default", schedule=ScheduleSettings("@yearly")))
        session = await server.engine.open(Hello(WorkerId("wrk_1"), tasks=tasks), _NoInbox())
        await session.close()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUNCAST_DATABASE", raising=False)
    (tmp_path / ".runcast").mkdir()
    asyncio.run(_make_database(tmp_path / ".runcast" / "runcast.db"))

    def call(*arguments: str) -> Said:
        code = run(("schedules", *arguments))
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(cli: Cli, name: str) -> None:
    said = cli(name, "--help")
    assert said.code == 0
    assert f"runcast schedules {name}" in said.out.split("Examples:")[1]


def test_a_schedule_lives_from_create_to_delete(cli: Cli) -> None:
    made = cli(
        "create", "report", "--cron", "0 9 * * 1", "--timezone", "Europe/Zurich", "--key", "acme", "--json"
    ).record
    assert (made["description"], made["active"]) == ("At 09:00 on Monday", True)
    again = cli("create", "report", "--cron", "0 9 * * 1", "--overlap", "skip", "--key", "acme", "--json").record
    assert (again["id"], again["overlap"], again["timezone"]) == (made["id"], "skip", "UTC")
    changed = cli("update", "acme", "--cron", "@daily", "--payload", '{"days": 7}', "--json").record
    assert (changed["cron"], changed["payload"], changed["overlap"]) == ("@daily", {"days": 7}, "skip")
    assert cli("pause", "report", "--json").record["active"] is False
    assert cli("resume", made["id"][-6:], "--json").record["active"] is True
    assert cli("delete", made["id"], "--json").record["id"] == made["id"]
    assert cli("show", "acme").code != 0


def test_the_list_shows_what_ticks_and_what_does_not(cli: Cli) -> None:
    cli("create", "report", "--cron", "@hourly", "--key", "acme")
    cli("pause", "acme")
    said = cli("list")
    assert "paused" in said.out
    assert "in code" in said.out
    assert [json.loads(line)["task"] for line in cli("list", "--active", "--json").out.splitlines()] == ["beat"]
    assert cli("list", "--task", "nobody").out == "No schedules match.\n"


def test_show_tells_the_rule_the_next_times_and_the_ticks(cli: Cli) -> None:
    cli("create", "report", "--cron", "@hourly", "--key", "acme")
    started = cli("run", "acme", "--json").record["id"]
    said = cli("show", "acme")
    assert "At minute 0 of every hour" in said.out or "every hour" in said.out.lower()
    assert started in said.out
    assert "by hand" in said.out
    assert cli("show", "acme", "--json").record["ticks"][0]["run_id"] == started


def test_a_back_fill_of_a_time_before_computers_is_refused(cli: Cli) -> None:
    cli("create", "report", "--cron", "@daily", "--key", "acme")
    said = cli("backfill", "acme", "--from", "0001-01-01", "--to", "0001-01-02")
    assert (said.code, "since 1970" in said.err) == (INVALID, True)


def test_a_back_fill_starts_each_tick_once(cli: Cli) -> None:
    cli("create", "report", "--cron", "0 12 * * *", "--timezone", "Europe/Zurich", "--key", "acme")
    span = ("--from", "2026-03-01", "--to", "2026-03-04T12:00+01:00")
    assert len(cli("backfill", "acme", *span, "--json").out.splitlines()) == 4
    assert "every tick of that time has its run" in cli("backfill", "acme", *span).err
    assert cli("backfill", "acme", "--from", "yesterday").code == INVALID


def test_next_needs_no_database(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNCAST_DATABASE", str(tmp_path / "nowhere" / "r.db"))
    said = cli("next", "0 9 * * 1-5", "--timezone", "Europe/Zurich", "--count", "3")
    assert said.out.startswith("At 09:00 on Monday through Friday\n")
    assert said.out.count(" 09:00:00 +0") == 3
    assert set(cli("next", "@daily", "--count", "1", "--json").record) == {"at", "local"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create", "report", "--cron", "61 * * * *"), "minute is '61'"),
        (("create", "report", "--cron", "* * * * *", "--timezone", "Europe/Zuric"), "Did you mean 'Europe/Zurich'"),
        (("create", "repotr", "--cron", "* * * * *"), "Did you mean 'report'"),
        (("next", "* * *"), "it needs 5"),
        (("update", "beat", "--cron", "@daily"), "declared in the code"),
        (("update", "beat"), "nothing to change"),
        (("delete", "beat"), "declared in the code"),
        (("pause", "nobody"), "no schedule 'nobody'"),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(cli: Cli, arguments: tuple[str, ...], told: str) -> None:
    said = cli(*arguments)
    assert said.code != 0
    assert told in said.err
    assert said.out == ""
