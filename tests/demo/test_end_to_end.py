"""The demo as a user meets it: a process with arguments, output and an exit code, that may be killed."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from runcast import Client, RunStatus

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "runcast.demo"]
ENVIRONMENT = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100"}
TIMEOUT_S = 60


def demo(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments]
    return subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


def begin_demo(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([*COMMAND, *arguments], cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)


def read_until_finished(process: subprocess.Popen[str], count: int) -> None:
    """Read lines of the process until `count` companies are finished."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("[") and int(line[1:].partition("/")[0]) >= count:
            return
    pytest.fail(f"the demo ended before {count} companies were finished")


def result_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / ".runcast/demo/companies.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def summary_of(completed: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert completed.returncode == 0, completed.stderr
    summary: dict[str, Any] = json.loads(completed.stdout)
    return summary


def test_the_demo_enriches_the_list_fails_two_rows_properly_and_exits_by_itself(tmp_path: Path) -> None:
    summary = summary_of(demo("--fast", "--json", folder=tmp_path))
    assert (summary["outcome"], summary["rows"], summary["ok"]) == ("partial", 100, 98)
    assert [(row["row"], row["company"]) for row in summary["failed"]] == [
        (37, "Aerojet Rocketdyne Holdings"),
        (73, "#REF!"),
    ]
    assert summary["accuracy"]["right"] == 82
    assert summary["accuracy"]["wrong"] == 0
    assert summary["fill_rates"]["domain"] == 0.98
    rows = result_rows(tmp_path)
    assert [int(row["row"]) for row in rows] == list(range(1, 101))
    assert rows[0]["domain"] == "walmart.com"
    assert rows[36]["error"].startswith("The row has no usable website")


def test_without_a_terminal_it_prints_a_plain_line_for_each_company_and_what_to_try_next(tmp_path: Path) -> None:
    completed = demo("--fast", "--rows", "5", folder=tmp_path)
    assert completed.returncode == 0, completed.stderr
    assert completed.stderr == ""
    assert "\x1b" not in completed.stdout
    lines = completed.stdout.splitlines()
    assert len([line for line in lines if line.startswith("[")]) == 5
    assert "Outcome: completed" in completed.stdout
    assert "What to try next" in completed.stdout


def test_a_demo_that_was_killed_goes_on_where_it_was_and_enriches_every_company_once(tmp_path: Path) -> None:
    process = begin_demo("--pace", "0.05", folder=tmp_path)
    read_until_finished(process, 20)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=TIMEOUT_S)

    summary = summary_of(demo("--json", folder=tmp_path))

    assert 20 <= 100 - summary["finished_here"] < 100
    assert (summary["outcome"], summary["rows"], summary["ok"]) == ("partial", 100, 98)
    assert [int(row["row"]) for row in result_rows(tmp_path)] == list(range(1, 101))
    with Client(tmp_path / ".runcast/demo.db") as client:
        runs = client.list(task="enrich_company", limit=1000).result().runs
        parents = client.list(task="enrich_list").result().runs
        journals = [client.journal(run.id).result() for run in runs if run.ok]
    assert len(runs) == len({run.payload["company"]["row"] for run in runs}) == 100
    assert [run.payload["company"]["row"] for run in runs if run.status is RunStatus.FAILED] in ([37, 73], [73, 37])
    assert all(
        sorted({entry.key for entry in journal}) == sorted(entry.key for entry in journal) for journal in journals
    )
    assert {len(journal) for journal in journals} == {4}
    (parent,) = parents
    assert (parent.metadata["done"], parent.metadata["failed"]) == (98, 2)
    assert parent.metadata["progress"] == 100


def test_after_its_end_the_next_demo_starts_over(tmp_path: Path) -> None:
    first = summary_of(demo("--fast", "--rows", "3", "--json", folder=tmp_path))
    second = summary_of(demo("--fast", "--rows", "4", "--json", folder=tmp_path))
    assert first["run_id"] != second["run_id"]
    assert (first["finished_here"], second["finished_here"]) == (3, 4)


def test_a_list_of_ones_own_is_enriched_and_a_hostile_one_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("company,website,city,state,chief_executive\nPython Software Foundation,python.org,Wilmington,DE,\n")
    summary = summary_of(demo("--csv", "own.csv", "--fast", "--json", folder=tmp_path))
    assert (summary["outcome"], summary["rows"], summary["accuracy"]["share"]) == ("completed", 1, None)
    for content in (b"", b"name\nx\n", b"company,website,city,state,chief_executive\n", b"\xff\xfe\x00"):
        own.write_bytes(content)
        refused = demo("--csv", "own.csv", folder=tmp_path)
        assert refused.returncode == 1
        assert refused.stderr.startswith("Error: own.csv ")


def test_a_second_demo_on_the_same_database_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    process = begin_demo("--pace", "2", folder=tmp_path)
    read_until_finished(process, 1)
    second = demo("--json", folder=tmp_path)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=TIMEOUT_S)
    assert second.returncode == 1
    assert "demo.db" in second.stderr
    assert process.returncode == 130


def test_without_its_extra_it_says_what_to_install(tmp_path: Path) -> None:
    script = "import runpy, sys; sys.modules['rapidfuzz'] = None; runpy.run_module('runcast.demo', run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "pip install 'runcast[demo]'" in ended.stderr


def test_an_unfinished_run_of_another_list_is_finished_before_a_new_one_begins(tmp_path: Path) -> None:
    process = begin_demo("--rows", "20", "--pace", "0.1", folder=tmp_path)
    read_until_finished(process, 1)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=TIMEOUT_S)
    own = tmp_path / "own.csv"
    own.write_text("company,website,city,state,chief_executive,ticker\nWalmart,walmart.com,Bentonville,AR,,X\n")
    summary = summary_of(demo("--csv", "own.csv", "--json", folder=tmp_path))
    assert summary["rows"] == 20
    # Only the truth of rows that both lists have is compared.
    assert summary["accuracy"]["unconfirmed"] == 1
    assert summary["accuracy"]["right"] == 0


def test_a_database_of_another_build_is_refused_with_a_reason(tmp_path: Path) -> None:
    summary_of(demo("--fast", "--rows", "1", "--json", folder=tmp_path))
    with closing(apsw.Connection(str(tmp_path / ".runcast/demo.db"))) as connection:
        connection.execute("update meta set value = '0123' where key = 'migration 1'")
    refused = demo("--fast", folder=tmp_path)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("Error: .runcast/demo.db was made by another build of Runcast")
