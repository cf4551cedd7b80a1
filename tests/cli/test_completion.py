"""Shell completion, and `--version`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runcast import __version__
from runcast.cli.main import run
from tests.cli.project import Cli, project


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return project(tmp_path, monkeypatch, capsys)


@pytest.fixture
def complete(cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    return Complete(monkeypatch, capsys)


class Complete:
    """What bash would be told for a line that ends where the cursor is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, line: str) -> list[str]:
        words = line.split(" ")
        with self._monkeypatch.context() as context:
            context.setenv("_RUNCAST_COMPLETE", "bash_complete")
            context.setenv("COMP_WORDS", line)
            context.setenv("COMP_CWORD", str(len(words) - 1))
            with pytest.raises(SystemExit):
                run([])
        return [found.split(",", 1)[1] for found in self._capsys.readouterr().out.split("\n") if found]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_and_the_way_to_install_it(cli: Cli, shell: str) -> None:
    assert "_RUNCAST_COMPLETE" in cli("completion", shell).out
    (record,) = cli("completion", shell, "--json").records
    assert f"runcast completion {shell}" in record["install"]


def test_commands_are_completed(complete: Complete) -> None:
    assert complete("runcast wa") == ["watch", "waits"]
    assert complete("runcast runs ex") == ["export"]


def test_tasks_and_statuses_are_completed_from_what_the_database_knows(complete: Complete) -> None:
    assert complete("runcast trigger ") == ["enrich", "hello"]
    assert complete("runcast trigger h") == ["hello"]
    assert complete("runcast runs list --task e") == ["enrich"]
    assert "failed" in complete("runcast runs list --status f")


def test_runs_are_completed_by_the_end_of_their_ids_or_whole(cli: Cli, complete: Complete) -> None:
    run_id = cli("trigger", "hello").out.strip()
    assert complete("runcast watch ") == ["latest", run_id[-8:]]
    assert complete("runcast runs cancel run_") == [run_id]


def test_where_no_database_is_nothing_is_completed_and_nothing_is_said(complete: Complete) -> None:
    assert complete("runcast trigger --database missing.db ") == []


def test_the_version_tells_programs_what_it_runs_on(cli: Cli) -> None:
    assert cli("--version").out == f"runcast {__version__}\n"
    record = json.loads(cli("--version", "--json").out)
    assert record == json.loads(cli("--json", "--version").out)
    assert set(record) == {"runcast", "python", "sqlite", "schema", "platform"}


def test_json_before_a_command_is_refused_instead_of_ignored(cli: Cli) -> None:
    assert cli("--json", "runs", "list").code == 2
