"""`runcast queues` and `runcast runs reschedule` on a database that no engine runs on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runcast.cli.main import run
from runcast.domain.ids import WorkerId
from runcast.domain.queue import QueueSettings
from runcast.gateway import Hello, TaskInfo
from runcast.server import Server, ServerConfig


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


Cli = Callable[..., Said]


class _NoInbox:
    def assign(self, assignments: object) -> None: ...
    def news(self, news: object) -> None: ...
    def stop(self, stops: object) -> None: ...


async def _make_database(path: Path) -> None:
    async with Server(ServerConfig(database=str(path), socket=False)) as server:
        web = QueueSettings("web", concurrency=4, rate_count=5, rate_period_ms=1_000, max_length=2)
        for environment in ("dev", "prod"):
            hello = Hello(WorkerId(f"w_{environment}"), (TaskInfo("hello", "web"),), (web,), environment=environment)
            await (await server.engine.open(hello, _NoInbox())).close()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUNCAST_DATABASE", raising=False)
    (tmp_path / ".runcast").mkdir()
    asyncio.run(_make_database(tmp_path / ".runcast" / "runcast.db"))

    def call(*arguments: str) -> Said:
        code = run(arguments)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


def test_limits_are_changed_and_reset(cli: Cli) -> None:
    state = cli("queues", "set", "web", "--concurrency", "9", "--rate", "none", "--json").record
    assert (state["concurrency"], state["rate_count"], state["max_length"]) == (9, None, 2)
    assert state["overridden"]
    assert state["declared"]["concurrency"] == 4
    shown = cli("queues", "show", "web")
    assert "web*" in shown.out
    assert "concurrency 4, rate 5/1s, max length 2" in shown.out.replace("\n", " ")
    state = cli("queues", "reset", "web", "--json").record
    assert (state["concurrency"], state["rate_count"], state["overridden"]) == (4, 5, False)


def test_a_queue_is_paused_and_resumed_in_its_environment_alone(cli: Cli) -> None:
    assert cli("queues", "pause", "web", "-e", "prod", "--json").record["paused"]
    assert not cli("queues", "show", "web", "--json").record["paused"]
    assert "paused" in cli("queues", "list", "-e", "prod").out
    assert not cli("queues", "resume", "web", "-e", "prod", "--json").record["paused"]


def test_lists_of_several_environments_say_which(cli: Cli) -> None:
    out = cli("queues", "list").out
    assert "Environment" in out
    assert "prod" in out
    assert "Environment" not in cli("queues", "list", "-e", "dev").out


def test_a_misspelt_queue_is_told_its_name(cli: Cli) -> None:
    for arguments in (("show", "wev"), ("pause", "wev"), ("set", "wev", "--concurrency", "1")):
        said = cli("queues", *arguments)
        assert said.code != 0
        assert "no queue 'wev' in environment 'dev'. Did you mean 'web'?" in said.err.replace("\n", " ")


@pytest.mark.parametrize(
    "arguments", [(), ("--concurrency", "many"), ("--concurrency", "0"), ("--rate", "fast"), ("--max-length", "-1")]
)
def test_a_change_that_is_none_is_refused(cli: Cli, arguments: tuple[str, ...]) -> None:
    before = cli("queues", "show", "web", "--json").record
    assert cli("queues", "set", "web", *arguments).code != 0
    assert cli("queues", "show", "web", "--json").record == before


def test_a_full_queue_refuses_the_trigger_with_what_to_do(cli: Cli) -> None:
    for _ in range(2):
        assert cli("trigger", "hello").code == 0
    said = cli("trigger", "hello", "--json")
    assert said.code != 0
    assert json.loads(said.err)["code"] == "overloaded"
    assert "full" in cli("queues", "list", "-e", "dev").out


def test_a_delayed_run_is_moved(cli: Cli) -> None:
    assert cli("trigger", "hello", "--delay", "1h").code == 0
    moved = cli("runs", "reschedule", "latest", "--at", "2090-01-31T09:00+00:00", "--json").record
    assert moved["available_at"] == 3_789_536_400_000
    assert "starts at" in cli("runs", "reschedule", "latest", "--delay", "2h").out
    assert cli("runs", "reschedule", "latest").code != 0
    assert cli("runs", "reschedule", "latest", "--at", "tomorrow").code != 0


def test_a_run_that_is_not_delayed_is_not_moved(cli: Cli) -> None:
    assert cli("trigger", "hello").code == 0
    said = cli("runs", "reschedule", "latest", "--delay", "2h")
    assert said.code != 0
    assert "only a run that is delayed" in said.err.replace("\n", " ")


def test_a_debounced_trigger_pushes_the_run(cli: Cli) -> None:
    pushed = [cli("trigger", "hello", "--debounce", "k", "--delay", "1h", "--json").record for _ in range(2)]
    assert pushed[0]["id"] == pushed[1]["id"]
    assert [one["cached"] for one in pushed] == [False, True]
    assert cli("trigger", "hello", "--debounce", "k").code != 0


@pytest.mark.parametrize("limit", [("--concurrency", "9" * 20), ("--rate", f"{'9' * 20}/1s"), ("--per-key", "9" * 12)])
def test_a_limit_that_no_database_can_hold_is_refused(cli: Cli, limit: tuple[str, str]) -> None:
    said = cli("queues", "set", "web", *limit)
    assert (said.code, "at most" in said.err) == (2, True)


def test_limits_are_set_for_a_while(cli: Cli) -> None:
    said = cli("queues", "set", "web", "--concurrency", "50", "--for", "1h", "--json")
    assert (said.record["concurrency"], said.record["overridden"]) == (50, True)
    assert said.record["override_ends_at"] is not None
    assert "It goes back to that in" in cli("queues", "show", "web").out
    assert cli("queues", "set", "web", "--concurrency", "50", "--json").record["override_ends_at"] is None
    assert cli("queues", "set", "web").code == 2
