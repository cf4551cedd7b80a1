"""The transition table: every pair of status and event, what is shown, and what is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.run import FINAL, LABELS, LIVE, TRANSITIONS, Counts, Event, RunStatus, next_status, shown_status

S, E = RunStatus, Event

ALLOWED = {
    S.PENDING_VERSION: {E.TASK_KNOWN: S.QUEUED, E.DELAY: S.DELAYED, E.EXPIRE: S.EXPIRED},
    S.DELAYED: {E.DUE: S.QUEUED, E.EXPIRE: S.EXPIRED},
    S.QUEUED: {E.CLAIM: S.EXECUTING, E.EXPIRE: S.EXPIRED, E.CRASH: S.CRASHED},
    S.DEQUEUED: {},
    S.EXECUTING: {
        E.WAIT: S.WAITING,
        E.PARK: S.WAITING,
        E.RETRY: S.DELAYED,
        E.CONTINUE: S.QUEUED,
        E.HAND_BACK: S.QUEUED,
        E.SUCCEED: S.COMPLETED,
        E.FAIL: S.FAILED,
        E.TIME_OUT: S.TIMED_OUT,
        E.CRASH: S.CRASHED,
    },
    S.WAITING: {E.WAKE: S.QUEUED},
}
"""The specification, written once more by hand; cancel and break apply to every live status."""


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("status", RunStatus)
def test_each_event_leads_where_the_specification_says_or_nowhere(status: RunStatus, event: Event) -> None:
    everywhere = {E.CANCEL: S.CANCELED, E.BREAK: S.SYSTEM_FAILURE} if status in LIVE else {}
    assert next_status(status, event) == {**ALLOWED.get(status, {}), **everywhere}.get(event)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_status_never_changes(status: RunStatus) -> None:
    assert [event for event in Event if next_status(status, event) is not None] == []


@pytest.mark.parametrize("status", sorted(LIVE))
def test_every_live_status_can_reach_an_end(status: RunStatus) -> None:
    reached, edge = {status}, {status}
    while edge:
        edge = {following for (start, _), following in TRANSITIONS.items() if start in edge} - reached
        reached |= edge
    assert reached & FINAL


def test_live_and_final_divide_the_statuses() -> None:
    assert set(RunStatus) == LIVE | FINAL
    assert not LIVE & FINAL


def test_every_status_has_a_label_of_its_own() -> None:
    assert set(LABELS) == set(RunStatus)
    assert len(set(LABELS.values())) == len(LABELS)


@given(st.lists(st.sampled_from(Event), max_size=30))
def test_only_a_claim_starts_an_execution(events: list[Event]) -> None:
    status = RunStatus.QUEUED
    for event in events:
        following = next_status(status, event)
        if following is RunStatus.EXECUTING:
            assert (status, event) == (RunStatus.QUEUED, Event.CLAIM)
        status = following or status


@pytest.mark.parametrize("status", [RunStatus.DELAYED, RunStatus.QUEUED])
def test_between_two_attempts_a_run_shows_as_executing(status: RunStatus) -> None:
    assert shown_status(status, 0) is status
    assert shown_status(status, 1) is RunStatus.EXECUTING


@pytest.mark.parametrize("status", sorted(set(RunStatus) - {RunStatus.DELAYED, RunStatus.QUEUED}))
def test_every_other_status_shows_as_it_is(status: RunStatus) -> None:
    assert shown_status(status, 0) is status
    assert shown_status(status, 5) is status


numbers = st.integers(min_value=0, max_value=10_000)


@given(numbers, numbers, numbers)
def test_the_outcome_of_counted_items_is_derived(ok: int, failed: int, skipped: int) -> None:
    outcome = Counts(ok=ok, failed=failed, skipped=skipped).outcome
    assert (outcome == "completed") == (failed == 0)
    assert (outcome == "partial") == (failed > 0 and ok > 0)
    assert (outcome == "failed") == (failed > 0 and ok == 0)
