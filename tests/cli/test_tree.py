"""The picture of a followed run: what it shows, and that it fits."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from runcast.cli.followed import Followed, LogLine
from runcast.cli.outline import height, outline
from runcast.cli.tree import Page, draw, log_text
from runcast.domain.effect import Log, Part
from runcast.domain.errors import ErrorInfo
from runcast.domain.journal import Entry, EntryKind, EntryStatus
from runcast.domain.run import LABELS, Run, RunStatus
from runcast.gateway import Update
from tests.cli.samples import ROOT, START, sample_child, sample_run

NOW = START + 9_500
WIDE = Page(width=110, rows=None)


def followed(*runs: Run) -> Followed:
    state = Followed(ROOT)
    state.apply(Update(cursor=1, runs=runs))
    return state


def hundred_children() -> list[Run]:
    statuses = (
        [RunStatus.COMPLETED] * 60 + [RunStatus.FAILED] * 5 + [RunStatus.EXECUTING] * 10 + [RunStatus.QUEUED] * 25
    )
    return [sample_child(number, status) for number, status in enumerate(statuses)]


def busy() -> Followed:
    state = followed(sample_run(metadata='{"progress": 62, "currentStep": "Enriching"}'), *hundred_children())
    state.add_logs(ROOT, [Log(number, START, "INFO", f"line {number}") for number in range(40)])
    state.add_parts(ROOT, [Part("summary", 0, "data", '"' + "many words " * 200 + '"', START)])
    state.entries[ROOT] = tuple(
        Entry(f"step {number}", EntryKind.STEP, f"step {number}", started_at=START, finished_at=START + 10)
        for number in range(20)
    )
    return state


def lines(state: Followed, page: Page = WIDE) -> list[str]:
    return draw(state, page, now=NOW).plain.split("\n")


@pytest.mark.parametrize("status", list(RunStatus))
def test_every_status_is_shown_by_its_one_word(status: RunStatus) -> None:
    assert LABELS[status] in lines(followed(sample_run(status=status, attempt=0)))[0]


def test_a_run_between_two_attempts_shows_as_running_and_says_when_it_tries_again() -> None:
    child = sample_child(1, RunStatus.DELAYED, attempt=1, available_at=NOW + 4_000)
    picture = "\n".join(lines(followed(sample_run(), child)))
    assert "Running" in picture
    assert "attempt 2 of 3 in 4.0s" in picture


def test_progress_shows_as_a_bar_with_percent_and_step() -> None:
    picture = lines(followed(sample_run(metadata='{"progress": 50, "currentStep": "Writing", "done": 3}')))
    assert "━" in picture[1]
    assert " 50%  Writing" in picture[1]
    assert "done 3" in picture[2]


def test_metadata_of_any_shape_is_drawn_without_complaint() -> None:
    for metadata in ('{"progress": "half", "currentStep": 7}', "[]", '{"progress": -1e300}', '{"progress": true}'):
        assert "research" in lines(followed(sample_run(metadata=metadata)))[0]


def test_many_equal_children_become_one_line_with_counts_and_those_that_matter() -> None:
    picture = "\n".join(lines(followed(sample_run(), *hundred_children())))
    assert "enrich ×100" in picture
    assert "60 completed · 5 failed · 10 running · 25 queued" in picture
    assert "… 4 more running" in picture
    assert "row 60 has no name" in picture
    assert "0.example" not in picture.replace("60.example", "").replace("70.example", "")


def test_few_children_are_shown_one_by_one_with_what_they_are_about() -> None:
    picture = "\n".join(lines(followed(sample_run(), sample_child(7, RunStatus.EXECUTING))))
    assert "enrich 7.example" in picture


def test_steps_and_waits_of_the_run_stand_in_the_tree() -> None:
    state = followed(sample_run())
    state.entries[ROOT] = (
        Entry("a", EntryKind.STEP, "load", started_at=START, finished_at=START + 600),
        Entry("b", EntryKind.TOKEN, "approval", status=EntryStatus.PENDING, awaits="wait_1", started_at=START + 700),
        Entry("c", EntryKind.VALUE, "now", started_at=START),
        Entry("d", EntryKind.STEP, "ask", status=EntryStatus.FAILED, error=ErrorInfo("m.Broken", "no"), tries=3),
    )
    tree = "\n".join(lines(state)[1:])
    assert "load" in tree
    assert "600ms" in tree
    assert "for wait_1" in tree
    assert "m.Broken: no, try 3" in tree
    assert "now" not in tree


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("rows", [3, 10, 24, 50])
def test_the_picture_fits_any_terminal(width: int, rows: int) -> None:
    picture = lines(busy(), Page(width, rows))
    assert len(picture) <= rows
    assert max(map(cell_len, picture)) <= width


def test_a_short_terminal_gets_less_detail_before_anything_is_cut() -> None:
    state = followed(sample_run(), *hundred_children())
    assert height(outline(state, now=NOW, rows=8)) <= 8


def test_the_ascii_picture_has_no_other_characters_than_those_of_the_user() -> None:
    state = followed(sample_run(metadata='{"progress": 50}'), sample_child(1, RunStatus.EXECUTING))
    draw(state, Page(80, None, plain=True), now=NOW).plain.encode("ascii")


def test_text_from_a_run_cannot_steer_the_terminal() -> None:
    state = followed(sample_run(task="evil\x1b[2Jtask", error=ErrorInfo("E", "\x1b]0;title\x07")))
    state.add_logs(ROOT, [Log(1, START, "INFO", "\x1b[31mred\x9b2J \u202egnp")])
    state.add_parts(ROOT, [Part("s\x1b", 0, "data", '"\\u001b[2J\\u0007"', START)])
    assert not set(draw(state, WIDE, now=NOW).plain) & set("\x1b\x07\x9b\u202e")


def test_partial_is_said_beside_the_status() -> None:
    from runcast.domain.run import Counts

    run = sample_run(status=RunStatus.COMPLETED, finished_at=NOW, counts=Counts(ok=98, failed=2))
    assert lines(followed(run))[0].startswith("✓ Completed, partial  research")


def test_wide_characters_are_counted_as_two_cells() -> None:
    state = followed(sample_run(task="調査" * 30))
    state.add_parts(ROOT, [Part("要約", 0, "data", '"' + "会社の要約" * 60 + '"', START)])
    assert max(map(cell_len, lines(state, Page(60, 24)))) <= 60


def test_a_log_line_shows_its_data_beside_the_message() -> None:
    log = Log(1, START, "INFO", "crawled", data='{"total": 56, "of": "two sites", "pages": [1, 2]}')
    assert log_text(LogLine(ROOT, log), Followed(ROOT)).plain.endswith(
        "INFO  crawled total=56 of=two sites pages=[1,2]"
    )
