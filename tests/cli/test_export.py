"""`runcast runs export`, and the filters that commands on many runs share."""

from __future__ import annotations

import csv
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runcast.cli.moments import moment_ms
from runcast.cli.runs_export import COLUMNS
from runcast.domain.errors import InvalidInput
from tests.cli.project import Cli, project

NOON = 1_717_200_000_000
"""2024-06-01T00:00:00Z."""


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    call = project(tmp_path, monkeypatch, capsys)
    for number in range(3):
        call(
            "trigger", "hello", json.dumps({"name": f"Zoë, {number}\n"}), "--tag", "even" if number % 2 == 0 else "odd"
        )
    call("runs", "cancel", "latest")
    return call


def test_every_run_is_a_line_of_json_newest_first(cli: Cli) -> None:
    records = cli("runs", "export").records
    assert [record["payload"]["name"] for record in records] == ["Zoë, 2\n", "Zoë, 1\n", "Zoë, 0\n"]
    assert records == cli("runs", "list", "--json").records


def test_a_table_has_a_row_for_each_run_whatever_is_in_its_texts(cli: Cli) -> None:
    rows = list(csv.DictReader(cli("runs", "export", "--format", "csv").out.splitlines(keepends=True)))
    assert tuple(rows[0]) == COLUMNS
    assert [json.loads(row["payload"])["name"] for row in rows] == ["Zoë, 2\n", "Zoë, 1\n", "Zoë, 0\n"]
    assert [row["status"] for row in rows] == ["CANCELED", "QUEUED", "QUEUED"]
    assert rows[0]["created_at"].endswith("+00:00")


def test_filters_choose_the_same_runs_in_a_list_and_in_an_export(cli: Cli) -> None:
    for filters in (["--tag", "even"], ["--status", "canceled"], ["--since", "1h"], ["--until", "1h"]):
        listed = cli("runs", "list", "--json", *filters).records
        assert cli("runs", "export", *filters).records == listed, filters
    assert len(cli("runs", "export", "--tag", "even").records) == 2
    assert cli("runs", "export", "--until", "1h").records == []


def test_more_runs_than_a_page_are_all_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runcast.cli.runs_export.PAGE", 2)
    assert len(cli("runs", "export").records) == 3


def test_journal_and_logs_come_with_json_only(cli: Cli) -> None:
    record = cli("runs", "export", "--with", "journal", "--with", "logs").records[0]
    assert (record["journal"], record["logs"]) == ([], [])
    assert cli("runs", "export", "--with", "logs", "--format", "csv").code == 2


def test_a_file_appears_whole_or_not_at_all(cli: Cli, tmp_path: Path) -> None:
    said = cli("runs", "export", "-o", "runs.jsonl")
    assert (said.out, said.err) == ("", "exported 3 runs to runs.jsonl\n")
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == 3
    assert cli("runs", "export", "-o", "more.jsonl", "--json").records == [{"exported": 3, "file": "more.jsonl"}]
    said = cli("runs", "export", "-o", "missing/runs.jsonl")
    assert said.code == 2
    assert list(tmp_path.glob("*.part")) == []


def test_a_device_is_written_to_and_not_replaced(cli: Cli, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit((tmp_path / "pipe").read_text)
        assert cli("runs", "export", "-o", "pipe").code == 0
        assert len(reading.result(timeout=10).splitlines()) == 3
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("90s", NOON - 90_000),
        ("2024-05-31T23:59:00Z", NOON - 60_000),
        ("2024-06-01T02:00:00+02:00", NOON),
        ("0s", NOON),
    ],
)
def test_a_moment_is_an_age_or_a_time(typed: str, expected: int) -> None:
    assert moment_ms(typed, now=NOON, name="--since") == expected


def test_a_moment_without_a_zone_is_local() -> None:
    at = moment_ms("2024-06-01T12:00", now=0, name="--since")
    assert moment_ms("12:00", now=at + 1, name="--since") == at


@pytest.mark.parametrize("typed", ["", "soon", "25:00", "2024-13-01"])
def test_what_is_no_moment_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput, match="--until is how long ago"):
        moment_ms(typed, now=NOON, name="--until")
