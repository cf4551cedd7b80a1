"""`runs send`, `messages` and `fork` on a database that no engine runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import project
from tests.cli.test_commands import Cli, cli

__all__ = ["cli"]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> project.Cli:
    """Where `hello` takes a name that is a text."""
    return project.project(tmp_path, monkeypatch, capsys)


def test_a_message_is_sent_once_for_a_key_and_shown(cli: Cli) -> None:
    cli("trigger", "hello", "--delay", "1h")
    for _ in range(2):
        (sent,) = cli("runs", "send", "latest", "words", '{"n": 1}', "--key", "one", "--json").records
    assert (sent["inbox"], sent["value"], sent["received"]) == ("words", {"n": 1}, False)
    assert "it waits in the inbox" in cli("runs", "send", "latest", "words", "2").out
    found = cli("runs", "messages", "latest", "--json").records
    assert [message["value"] for message in found] == [{"n": 1}, 2]
    shown = cli("runs", "messages", "latest").out
    assert "words" in shown
    assert "unread" in shown


def test_a_run_that_was_sent_nothing_says_so(cli: Cli) -> None:
    cli("trigger", "hello")
    assert cli("runs", "messages", "latest").out == "This run was sent nothing.\n"


def test_a_message_to_a_run_that_has_ended_is_refused(cli: Cli) -> None:
    cli("trigger", "hello")
    cli("runs", "cancel", "latest")
    said = cli("runs", "send", "latest", "words", "1")
    assert said.code != 0
    assert "has ended" in said.err


def test_a_message_is_json(cli: Cli) -> None:
    cli("trigger", "hello")
    assert cli("runs", "send", "latest", "words", "{").code == 2


def test_a_fork_needs_a_place_that_is_there(cli: Cli) -> None:
    cli("trigger", "hello")
    said = cli("runs", "fork", "latest", "--from", "nowhere")
    assert said.code == 3
    assert "has no entry 'nowhere'" in said.err
    assert cli("runs", "fork", "latest").code == 2


@pytest.mark.parametrize("command", [["fork", "latest", "--from", "nowhere"], ["replay", "latest"]])
def test_another_payload_is_one_that_the_task_takes(typed: project.Cli, command: list[str]) -> None:
    typed("trigger", "hello")
    said = typed("runs", *command, "--payload", '{"name": 5}')
    assert (said.code, said.out) == (2, "")
    assert "payload of task 'hello'" in said.err
    assert len(typed("runs", "list", "--json").records) == 1
    assert "payload of task" not in typed("runs", *command, "--payload", '{"name": "Ada"}').err


def test_what_nobody_here_can_read_is_shown_as_that(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNCAST_CODEC", "tests.sdk.test_sealing:codec")
    cli("trigger", "hello", '{"name": "Ada"}')
    cli("runs", "send", "latest", "words", '"dear"')
    assert "Ada" in cli("runs", "show", "latest").out
    assert "dear" in cli("runs", "messages", "latest").out
    monkeypatch.delenv("RUNCAST_CODEC")
    for said in (cli("runs", "show", "latest"), cli("runs", "messages", "latest")):
        assert "<encrypted>" in said.out
    for said in (cli("runs", "list"), cli("runs", "show", "latest"), cli("runs", "list", "--json")):
        assert "Ada" not in said.out


def test_no_alerts_is_said(cli: Cli) -> None:
    assert cli("alerts").out == "No alerts.\n"
    assert cli("alerts", "--json").records == []
