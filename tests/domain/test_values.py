"""Values survive the wire, and the bounds of the system fit each other."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from runcast.domain import limits
from runcast.domain.effect import Effect, EffectKind, Target
from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry, NewWait
from runcast.domain.outcome import Failed, Outcome, ParkedRun, Succeeded, Waiting
from runcast.domain.run import Counts, NewRun
from runcast.gateway import Report

ERROR = ErrorInfo(type="builtins.ValueError", message="no", keys=("step:fetch#1",), args='["no"]')

OUTCOMES: list[Outcome] = [
    Waiting(keys=("sleep#1", "child:enrich#2"), resident=False),
    Succeeded(output='{"a": 1}', counts=Counts(ok=2, failed=1)),
    Failed(error=ERROR, retry_in_ms=1_500, fresh=True),
    ParkedRun(reason="the order of calls changed"),
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
def test_an_outcome_survives_the_wire(outcome: Outcome) -> None:
    encoded = msgspec.msgpack.encode(outcome)
    assert msgspec.msgpack.decode(encoded, type=Outcome) == outcome


def test_every_outcome_has_a_tag_of_its_own() -> None:
    tags = [cls.__struct_config__.tag for cls in get_args(Outcome)]
    assert len(set(tags)) == len(tags)


def test_a_report_with_everything_in_it_survives_the_wire() -> None:
    run = NewRun(id=RunId("run_1"), task="enrich", payload='"python.org"', tags=("a",), parent_key="child:enrich#1")
    entry = Entry(key="child:enrich#1", kind=EntryKind.CHILD, status=EntryStatus.PENDING, error=ERROR, awaits=run.id)
    report = Report(
        run_id=RunId("run_0"),
        epoch=7,
        entries=(NewEntry(entry, due_in_ms=5, children=(run,), wait=NewWait(id="wait_1", timeout_ms=60_000)),),
        effects=(Effect(EffectKind.INCREMENT, "done", "1", target=Target.PARENT, scope="main", number=3),),
        outcome=OUTCOMES[0],
        executed_ms=12,
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(report), type=Report) == report


def test_values_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        ERROR.message = "yes"  # type: ignore[misc]


def test_a_lease_outlives_several_missed_renewals() -> None:
    assert limits.LEASE_MS >= 3 * limits.RENEW_MS


def test_a_value_that_is_inline_is_allowed_at_all() -> None:
    assert limits.INLINE_BYTES_MAX < limits.PAYLOAD_BYTES_MAX
    assert limits.STREAM_PART_BYTES_MAX < limits.STREAM_BYTES_MAX
    assert limits.JOURNAL_ENTRIES_SOFT < limits.JOURNAL_ENTRIES_MAX
