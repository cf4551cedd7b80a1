"""Which lines the log of `runcast dev` has."""

from __future__ import annotations

from runcast.cli.runlog import LINES_PER_LOOK, RunLog
from runcast.domain.run import Run, RunStatus
from tests.cli.samples import START, sample_child, sample_run

NOW = START + 5_000


def ended(number: int, status: RunStatus = RunStatus.COMPLETED) -> Run:
    return sample_child(number, status, finished_at=NOW)


def test_a_run_gets_one_line_when_it_ends() -> None:
    log = RunLog(since=START)
    assert log.see([ended(1)], NOW) == ([ended(1)], 0)
    assert log.see([ended(1)], NOW) == ([], 0)


def test_runs_that_ended_before_the_start_are_not_told() -> None:
    assert RunLog(since=NOW + 1).see([ended(1)], NOW) == ([], 0)


def test_a_quick_run_gets_no_line_before_its_end_and_a_slow_root_gets_one() -> None:
    log = RunLog(since=START)
    run = sample_run()
    assert log.see([run], START + 100)[0] == []
    assert log.see([run], START + 2_000)[0] == [run]
    assert log.see([run], START + 3_000)[0] == []


def test_a_retry_is_told_once_for_each_attempt() -> None:
    log = RunLog(since=START)
    first = sample_child(1, RunStatus.DELAYED, attempt=1)
    second = sample_child(1, RunStatus.DELAYED, attempt=2)
    assert [log.see([run], NOW)[0] for run in (first, first, second)] == [[first], [], [second]]


def test_a_parked_run_is_told() -> None:
    parked = sample_child(1, RunStatus.WAITING, parked_reason="the order of calls changed")
    assert RunLog(since=START).see([parked], NOW)[0] == [parked]


def test_of_thousands_the_failed_are_told_and_the_rest_is_counted() -> None:
    runs = [ended(number) for number in range(90)] + [ended(number, RunStatus.FAILED) for number in range(90, 95)]
    shown, more = RunLog(since=START).see(runs, NOW)
    assert len(shown) == LINES_PER_LOOK
    assert more == 95 - LINES_PER_LOOK
    assert sum(run.status is RunStatus.FAILED for run in shown) == 5


def test_live_runs_are_remembered_until_they_end() -> None:
    log = RunLog(since=START)
    run = sample_run()
    log.see([run], START)
    assert log.live == [run.id]
    log.see([sample_run(status=RunStatus.COMPLETED, finished_at=NOW)], NOW)
    assert log.live == []
