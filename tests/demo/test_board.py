"""What the terminal shows, from what is seen of the runs: a fold, and its picture in text."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

from runcast.demo.board import Board
from runcast.demo.score import Accuracy
from runcast.demo.show import Screen, printable
from runcast.demo.summary import FailedRow, Summary, render, to_json
from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import RunId
from runcast.domain.run import Run, RunStatus
from runcast.sdk.snapshot import RunSnapshot

FOUND = {
    "domain": "walmart.com",
    "ticker": "WMT",
    "cik": 104169,
    "exchange": "NYSE",
    "first_name": "Douglas",
    "last_name": "McMillon",
    "time_zone": "America/Chicago",
}


def seen(row: int, status: RunStatus, *, company: str = "Walmart", **fields: Any) -> RunSnapshot[Any]:
    """A company's run as the feed shows it."""
    empty = dict.fromkeys(Run.__struct_fields__)
    values: dict[str, Any] = {
        **empty,
        "id": RunId(f"run_{row}"),
        "status": status,
        "attempt": 0,
        "payload": json.dumps({"company": {"row": row, "company": company}}),
        "metadata": "{}",
        **fields,
    }
    return RunSnapshot(Run(**values))


def done(row: int, **fields: Any) -> RunSnapshot[Any]:
    return seen(row, RunStatus.COMPLETED, output=json.dumps(FOUND), **fields)


def failed(row: int, **fields: Any) -> RunSnapshot[Any]:
    error = ErrorInfo("BrokenRow", "broken", user_message="The row has no usable website: ''")
    return seen(row, RunStatus.FAILED, error=error, **fields)


def text_of(what: Any, *, encoding: str = "utf-8", width: int = 100) -> str:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)
    console = Console(file=stream, width=width, color_system=None)
    console.print(what(console))
    stream.flush()
    return buffer.getvalue().decode(encoding)


def test_a_board_counts_every_company_in_one_state() -> None:
    board = Board(total=5)
    for snapshot in (seen(1, RunStatus.QUEUED), seen(2, RunStatus.EXECUTING), done(3), failed(4)):
        board.apply(snapshot)
    counts = {state: board.count(state) for state in ("done", "failed", "running", "waiting", "queued")}
    assert counts == {"done": 1, "failed": 1, "running": 1, "waiting": 0, "queued": 2}
    assert board.finished == 2


def test_a_company_is_told_once_when_it_finishes_and_never_again() -> None:
    board = Board(total=1)
    told = [board.apply(snapshot) for snapshot in (seen(1, RunStatus.EXECUTING), done(1), done(1))]
    assert [company is not None for company in told] == [False, True, False]


def test_running_and_failed_companies_are_in_the_order_of_the_list() -> None:
    board = Board(total=4)
    for snapshot in (seen(3, RunStatus.EXECUTING), seen(1, RunStatus.EXECUTING), failed(4), failed(2)):
        board.apply(snapshot)
    assert [company.row for company in board.running] == [1, 3]
    assert [company.row for company in board.failed] == [2, 4]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_live_picture_shows_bars_counts_steps_and_the_latest_on_any_terminal(encoding: str) -> None:
    board = Board(total=3)
    board.apply(done(1))
    board.apply(seen(2, RunStatus.EXECUTING, metadata='{"progress": 50, "currentStep": "splitting the name"}'))
    picture = text_of(
        lambda console: Screen(console).live(board, title="Enriching 3 companies", elapsed_s=0.5, before=0),
        encoding=encoding,
    )
    for expected in ("1/3", "2.0 runs/s", "1 done", "1 running", "1 queued", "splitting the name", "WMT NYSE"):
        assert expected in picture


def test_a_line_says_what_was_found_or_why_it_failed() -> None:
    board = Board(total=100)
    first, second = board.apply(done(1)), board.apply(failed(2))
    assert first is not None
    assert second is not None
    lines = text_of(lambda console: Screen(console).line(board, first))
    assert "Walmart: walmart.com · WMT NYSE · Douglas McMillon · America/Chicago" in lines
    assert "✕ Walmart: The row has no usable website: ''" in text_of(
        lambda console: Screen(console).line(board, second)
    )


def test_a_company_name_cannot_steer_the_terminal() -> None:
    assert printable("Evil\x1b[2J\x07 Corp\n") == "Evil�[2J� Corp�"
    board = Board(total=1)
    board.apply(seen(1, RunStatus.EXECUTING, company="[red]x[/]\x1b[2J"))
    picture = text_of(lambda console: Screen(console).live(board, title="t", elapsed_s=1, before=0))
    assert "\x1b" not in picture
    assert "[red]x[/]" in picture


SUMMARY = Summary(
    run_id="run_1",
    outcome="partial",
    rows=100,
    ok=98,
    failed=(FailedRow(37, "Aerojet Rocketdyne Holdings", "The row has no usable website: ''"),),
    fill_rates={"domain": 0.98, "time_zone": 0.97},
    accuracy=Accuracy(right=82, unconfirmed=1, missed=2, silent=13),
    finished_here=60,
    elapsed_s=6.0,
    pace_s=0.2,
    result="/tmp/demo/companies.csv",
    database="/tmp/demo.db",
)


def test_the_summary_tells_rates_accuracy_failures_places_and_what_to_try() -> None:
    text = " ".join(text_of(lambda console: render(SUMMARY, console), width=80).split())
    for expected in (
        "Outcome: partial · 98 enriched, 1 failed, of 100",
        "60 runs in 6.0s · 10 runs/s",
        "domain",
        "98%",
        "98.8% of 83 answers are right",
        "no answer for 15: 13 are not listed",
        "row 37 Aerojet Rocketdyne Holdings The row has no usable website",
        "/tmp/demo/companies.csv",
        "runcast watch run_1 --database /tmp/demo.db",
        "kill it in the middle",
    ):
        assert expected in text


def test_the_summary_as_json_is_one_object_on_one_line() -> None:
    text = to_json(SUMMARY)
    document = json.loads(text)
    assert "\n" not in text
    assert (document["outcome"], document["runs_per_second"], document["failed"][0]["row"]) == ("partial", 10.0, 37)
    assert document["accuracy"]["share"] == pytest.approx(82 / 83)
