"""`runcast tasks`: what a database knows of tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.project import Cli, project


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return project(tmp_path, monkeypatch, capsys)


def test_tasks_alone_lists_them_with_queue_attempts_and_place(cli: Cli) -> None:
    lines = cli("tasks").out.splitlines()
    assert [line.split() for line in lines[1:]] == [["enrich", "web", "5"], ["hello", "default", "3", "app.py:3"]]
    assert cli("tasks", "--json").records == cli("tasks", "list", "--json").records


def test_the_list_for_programs_has_descriptions_and_schemas(cli: Cli) -> None:
    enrich, hello = cli("tasks", "--json").records
    assert (enrich["description"], hello["description"]) == ("Looks a company up.", "")
    assert hello["schema"] == {"properties": {"name": {"type": "string"}}}


def test_a_task_is_shown_with_its_schema_and_a_payload_that_fits(cli: Cli) -> None:
    (record,) = cli("tasks", "show", "hello", "--json").records
    assert record["schema"] == {"properties": {"name": {"type": "string"}}}
    assert record["example"] == {"name": "…"}
    said = cli("tasks", "show", "enrich").out
    assert "Looks a company up." in said
    assert "2m of executing" in said
    assert "runcast trigger enrich '{}' --follow" in said


def test_an_unknown_task_is_not_found_and_answered_with_the_nearest(cli: Cli) -> None:
    said = cli("tasks", "show", "enrihc")
    assert said.code == 3
    assert "Did you mean 'enrich'?" in said.err


def test_help_of_a_group_with_a_usual_command_is_the_groups(cli: Cli) -> None:
    assert cli("tasks", "--help").out.startswith("Usage: runcast tasks [OPTIONS] COMMAND")
