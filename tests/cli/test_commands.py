"""Commands on a database that no engine runs on: what they print, and their exit codes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import click
import pytest

from runcast.cli.main import COMMANDS, run
from runcast.cli.main import cli as cli_group
from runcast.domain.ids import RunId, WaitId, WorkerId
from runcast.domain.journal import NewWait
from runcast.gateway import Hello, TaskInfo
from runcast.server import Server, ServerConfig


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Cli = Callable[..., Said]


class _NoInbox:
    def assign(self, assignments: object) -> None: ...
    def news(self, news: object) -> None: ...
    def stop(self, stops: object) -> None: ...


async def _make_database(path: Path) -> None:
    """A database that knows two tasks and has one open wait."""
    async with Server(ServerConfig(database=str(path), socket=False)) as server:
        tasks = (TaskInfo("hello", "default", source="app.py:3"), TaskInfo("enrich", "web"))
        session = await server.engine.open(Hello(WorkerId("wrk_1"), tasks=tasks), _NoInbox())
        await server.engine.create_wait(NewWait(WaitId("wait_0123456789abcdefghjkm")))
        await session.close()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command in a project directory; without --database it uses the database there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUNCAST_DATABASE", raising=False)
    (tmp_path / ".runcast").mkdir()
    asyncio.run(_make_database(tmp_path / ".runcast" / "runcast.db"))

    def call(*arguments: str) -> Said:
        code = run(arguments)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(cli: Cli, name: str) -> None:
    said = cli(name, "--help")
    assert said.code == 0
    assert "Examples:" in said.out
    assert f"runcast {name}" in said.out.split("Examples:")[1]


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _walk(found, (*path, name))


def test_every_command_at_every_depth_teaches_by_example_and_speaks_json() -> None:
    for path, command in _walk(cli_group, ("runcast",)):
        assert getattr(command, "examples", ()), path
        assert isinstance(command, click.Group) or any(option.name == "as_json" for option in command.params), path


def test_lists_fit_a_narrow_terminal_and_have_no_colour_where_none_is_wanted(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    cli("trigger", "hello", '{"name": "a name that is far too long for a narrow terminal"}')
    for command in (("runs", "list"), ("tasks",), ("config",), ("db", "info")):
        said = cli(*command)
        assert said.code == 0
        assert "\x1b[3" not in said.out, command
    assert max(map(len, cli("tasks").out.splitlines())) <= 40


def test_an_unknown_command_is_answered_with_the_nearest(cli: Cli) -> None:
    said = cli("wacth")
    assert said.code == 2
    assert "Did you mean 'watch'" in said.err


@pytest.mark.parametrize("group", [(), ("runs",), ("waits",)])
def test_a_group_alone_shows_its_help_and_no_error(cli: Cli, group: tuple[str, ...]) -> None:
    said = cli(*group)
    assert said.code == 2
    assert said.out.startswith("Usage: runcast")
    assert said.err == ""


def test_trigger_prints_the_id_of_a_run_that_is_on_disk(cli: Cli) -> None:
    run_id = cli("trigger", "hello", '{"name": "Ada"}', "--tag", "vip", "--concurrency-key", "acme").out.strip()
    (record,) = cli("runs", "list", "--json").records
    assert record["id"] == run_id
    assert record["payload"] == {"name": "Ada"}
    assert (record["status"], record["tags"], record["concurrency_key"]) == ("QUEUED", ["vip"], "acme")


def test_an_unknown_task_is_not_found_and_answered_with_the_nearest(cli: Cli) -> None:
    said = cli("trigger", "helo")
    assert said.code == 3
    assert said.err == "error: no task 'helo'. Did you mean 'hello'?\n"


def test_one_idempotency_key_is_one_run(cli: Cli) -> None:
    first, second = (cli("trigger", "hello", "--key", "once", "--json").records[0] for _ in range(2))
    assert first["id"] == second["id"]
    assert (first["cached"], second["cached"]) == (False, True)


def test_a_payload_may_come_from_a_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "payload.json").write_text('{"name": "Zoë"}', "utf-8")
    cli("trigger", "hello", "@payload.json")
    assert cli("runs", "show", "latest", "--json").records[0]["payload"] == {"name": "Zoë"}


@pytest.mark.parametrize("payload", ["{", "hello", "@missing.json", "NaN", '"\\ud800"'])
def test_a_bad_payload_is_refused_and_nothing_is_written(cli: Cli, payload: str) -> None:
    said = cli("trigger", "hello", payload)
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert "Traceback" not in said.err
    assert cli("runs", "list", "--json").records == []


def test_a_payload_that_is_nested_too_deeply_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text('{"x":' + "[" * 5_000 + "]" * 5_000 + "}")
    said = cli("trigger", "hello", "@deep.json")
    assert (said.code, "deep" in said.err) == (2, True)


def test_an_error_shows_no_character_that_steers_the_terminal(cli: Cli) -> None:
    said = cli("schedules", "next", "\x1b[31m * * * *")
    assert (said.code, "\x1b" in said.err) == (2, False)


def test_bad_options_are_refused_by_name(cli: Cli) -> None:
    assert "delay" in cli("trigger", "hello", "--delay", "soon").err
    assert cli("trigger", "hello", "--ttl", "-1").code == 2


def test_errors_of_programs_are_json_on_stderr(cli: Cli) -> None:
    said = cli("runs", "show", "run_0123456789abcdefghjkm", "--json")
    assert said.code == 3
    assert said.out == ""
    assert json.loads(said.err).keys() == {"error", "code"}
    assert json.loads(said.err)["code"] == "not_found"


def test_a_run_may_be_named_by_a_unique_beginning_or_ending_or_as_the_latest(cli: Cli) -> None:
    run_id = cli("trigger", "hello").out.strip()
    for name in (run_id, run_id[:14], run_id[:20], run_id[-8:], run_id[-4:], "latest"):
        assert cli("runs", "show", name, "--json").records[0]["id"] == run_id


def test_an_ambiguous_beginning_asks_for_more(cli: Cli) -> None:
    cli("trigger", "hello")
    cli("trigger", "hello")
    said = cli("runs", "show", "run_0")
    assert said.code == 2
    assert "matches 2 runs" in said.err


def test_what_is_no_id_at_all_is_wrong_usage(cli: Cli) -> None:
    assert cli("watch", "abc").code == 2
    assert cli("watch", "NOT-AN-ID").code == 2


def test_a_canceled_run_cannot_be_canceled_again(cli: Cli) -> None:
    cli("trigger", "hello", "--delay", "1h")
    assert cli("runs", "cancel", "latest").code == 0
    again = cli("runs", "cancel", "latest")
    assert again.code == 1
    assert "canceled" in again.err


def test_a_cancel_by_force_frees_nothing_where_nothing_is_left(cli: Cli) -> None:
    cli("trigger", "hello", "--delay", "1h")
    assert cli("runs", "cancel", "latest", "--force", "--json").records[0]["canceled"]
    again = cli("runs", "cancel", "latest", "--force")
    assert (again.code, "canceled" in again.err) == (1, True)


def test_watching_a_final_run_ends_at_once_with_its_exit_code(cli: Cli) -> None:
    cli("trigger", "hello", "--delay", "1h")
    cli("runs", "cancel", "latest")
    said = cli("watch", "latest", "--json")
    assert said.code == 1
    assert said.records[-1]["event"] == "end"
    assert said.records[-1]["exit_code"] == 1


def test_replay_makes_a_new_run_with_the_same_or_another_payload(cli: Cli) -> None:
    cli("trigger", "hello", '{"name": "Ada"}')
    replayed = cli("runs", "replay", "latest", "--payload", '{"name": "Bob"}').out.strip()
    assert cli("runs", "show", replayed, "--json").records[0]["payload"] == {"name": "Bob"}


def test_resume_of_a_live_run_is_refused(cli: Cli) -> None:
    cli("trigger", "hello")
    assert cli("runs", "resume", "latest").code == 1


def test_lists_can_be_filtered_and_paged(cli: Cli) -> None:
    ids = [cli("trigger", "hello", "--tag", f"t{number}").out.strip() for number in range(5)]
    assert [record["id"] for record in cli("runs", "list", "--tag", "t3", "--json").records] == [ids[3]]
    *page, cursor = cli("runs", "list", "--limit", "2", "--json").records
    assert [record["id"] for record in page] == [ids[4], ids[3]]
    rest = cli("runs", "list", "--cursor", cursor["cursor"], "--json").records
    assert [record["id"] for record in rest] == [ids[2], ids[1], ids[0]]
    assert cli("runs", "list", "--status", "failed", "--json").records == []
    assert cli("runs", "list", "--status", "faild").code == 2


def test_a_long_reason_cuts_only_itself_in_a_pipe(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    tag = "x" * 120
    run_id = cli("trigger", "hello", "--tag", tag, "--tag", "y" * 120).out.strip()
    (line,) = (line for line in cli("runs", "list").out.splitlines() if "hello" in line)
    assert run_id in line
    assert "Queued" in line


def test_waits_are_listed_and_completed_once(cli: Cli) -> None:
    (wait,) = cli("waits", "list", "--json").records
    assert cli("waits", "complete", wait["id"][-6:], '{"approved": true}').code == 0
    late = cli("waits", "complete", wait["id"], "false", "--json")
    assert late.records[0]["value"] == {"approved": True}
    assert cli("waits", "list", "--json").records == []
    assert cli("waits", "complete", "wait_nothing").code == 3


def test_why_says_what_a_run_waits_for(cli: Cli) -> None:
    run_id = cli("trigger", "hello", "--delay", "1h").out.strip()
    record = cli("why", "latest", "--json").records[0]
    assert record["run_id"] == run_id
    assert record["status"] == "DELAYED"
    assert record["reason"]


def test_why_counts_the_runs_that_come_first_and_not_the_run_itself(cli: Cli) -> None:
    first, second, third = (cli("trigger", "hello").out.strip() for _ in range(3))
    assert "of its queue" not in cli("why", first).out
    assert "1 run of its queue comes first" in cli("why", second).out
    assert "2 runs of its queue come first" in cli("why", third).out


def test_queues_show_what_is_in_them(cli: Cli) -> None:
    cli("trigger", "hello")
    queues = {queue["name"]: queue for queue in cli("queues", "list", "--json").records}
    assert queues["default"]["queued"] == 1


def test_doctor_finds_nothing_wrong_with_a_sound_database(cli: Cli) -> None:
    cli("trigger", "hello")
    said = cli("doctor", "--json")
    assert said.code == 0
    assert said.records[-1]["broken"] == 0


@pytest.mark.parametrize("command", [("doctor",), ("runs", "list")])
def test_a_database_of_another_build_is_unavailable(cli: Cli, tmp_path: Path, command: tuple[str, ...]) -> None:
    with closing(apsw.Connection(str(tmp_path / ".runcast" / "runcast.db"))) as connection:
        connection.execute("update meta set value = '0123' where key = 'migration 1'")
    said = cli(*command)
    assert said.code == 4
    assert said.err.startswith("error: .runcast/runcast.db was made by another build of Runcast")


@pytest.mark.parametrize(
    "command", [("doctor",), ("runs", "list"), ("waits", "list"), ("tasks",), ("tasks", "list"), ("db", "info")]
)
def test_the_database_may_be_said_before_or_after_the_command(
    cli: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / ".runcast").rename(tmp_path / "moved")
    moved = ("--database", "moved/runcast.db")
    assert cli(*command).code != 0
    after = cli(*command, *moved)
    assert (after.code, after.err) == (0, "")
    for place in range(len(command)):
        assert cli(*command[:place], *moved, *command[place:]) == after, place


def test_the_database_said_last_is_meant(cli: Cli) -> None:
    assert cli("-d", "nowhere.db", "runs", "list", "-d", ".runcast/runcast.db").code == 0


def test_the_database_of_the_inner_group_beats_that_of_the_outer(cli: Cli) -> None:
    real, none = ("-d", ".runcast/runcast.db"), ("-d", "nowhere.db")
    assert cli(*none, "runs", *real, "list").code == 0
    assert cli(*real, "runs", *none, "list").code == 4
    assert cli(*real, "runs", "list").code == 0


def test_a_command_without_database_refuses_one(cli: Cli) -> None:
    said = cli("--database", "x.db", "init", "shop")
    assert said.code == 2
    assert "runcast init needs no database" in said.err


def test_doctor_takes_one_database(cli: Cli) -> None:
    said = cli("doctor", "x.db", "--database", "y.db")
    assert said.code == 2
    assert "give the database once" in said.err


def test_doctor_says_what_is_no_database(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database " * 1000)
    assert cli("doctor", "text.db").code == 4
    assert cli("doctor", "nowhere.db").code == 3


def test_without_a_database_commands_say_how_to_get_one(cli: Cli, tmp_path: Path) -> None:
    said = cli("runs", "list", "--database", "elsewhere.db")
    assert said.code == 4
    assert "runcast dev" in said.err
    assert not (tmp_path / "elsewhere.db").exists()


def test_a_run_id_of_the_right_form_that_does_not_exist_is_not_found(cli: Cli) -> None:
    assert cli("why", RunId("run_0123456789abcdefghjkm")).code == 3


def test_init_writes_a_project_and_never_overwrites_one(cli: Cli, tmp_path: Path) -> None:
    said = cli("init", "shop")
    assert said.code == 0
    assert "cd shop" in said.out
    assert {path.name for path in (tmp_path / "shop").iterdir()} == {"app.py", "README.md", ".gitignore"}
    assert "# shop" in (tmp_path / "shop" / "README.md").read_text()
    compile((tmp_path / "shop" / "app.py").read_text(), "app.py", "exec")
    (tmp_path / "shop" / "app.py").write_text("mine")
    assert cli("init", "shop").code == 1
    assert (tmp_path / "shop" / "app.py").read_text() == "mine"
