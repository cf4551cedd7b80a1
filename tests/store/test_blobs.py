"""Large values: beside their row, whole again in every read, and gone with their run."""

from __future__ import annotations

import pytest

from runcast.domain.journal import NewWait
from runcast.domain.limits import INLINE_BYTES_MAX
from runcast.domain.message import NewMessage
from runcast.domain.outcome import Continued, Failed, HandedBack, Succeeded
from runcast.store import blobs, entries, inbox, prune, reads
from tests.store.world import ERROR, World, result, step, token

LARGE = '"' + "é" * INLINE_BYTES_MAX + '"'
EDGE = '"' + "x" * (INLINE_BYTES_MAX - 2) + '"'


def _stored(db: World) -> int:
    return int(db.one("select count(*) from blobs"))


def test_a_value_up_to_the_bound_lives_in_its_row(db: World) -> None:
    db.worker()
    run_id = db.trigger(payload=EDGE)
    assert _stored(db) == 0
    assert db.find(run_id).payload == EDGE


def test_a_large_payload_comes_back_whole(db: World) -> None:
    db.worker()
    run_id = db.trigger(payload=LARGE)
    assert blobs.is_blob(db.one("select payload from runs"))
    assert db.find(run_id).payload == LARGE
    assert [run.payload for run in db.read(lambda: reads.runs_by_id([run_id]))] == [LARGE]
    [taken] = db.claim()
    assert taken.payload == LARGE
    found = db.read(lambda: reads.assignment("w1", run_id, taken.epoch))
    assert found is not None
    assert found.payload == LARGE


def test_a_large_output_comes_back_whole_and_reaches_the_parent(db: World) -> None:
    db.worker()
    parent = db.start()
    [kid_id] = db.parent_of(parent, "c")
    db.report(db.claim()[0], outcome=Succeeded(LARGE))
    assert db.find(kid_id).output == LARGE
    assert db.journal(parent)["c"].value == LARGE
    [woken] = db.claim()
    assert woken.journal[0].value == LARGE


def test_a_large_result_comes_back_whole(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, step("s", LARGE), outcome=HandedBack())
    assert db.journal(run)["s"].value == LARGE
    [taken] = db.claim()
    assert taken.journal[0].value == LARGE


def test_a_large_value_of_a_wait_comes_back_whole(db: World) -> None:
    db.worker()
    one, two = db.start(), db.start()
    db.wait(one, token("t", "waitpoint_1"))
    db.complete("waitpoint_1", LARGE)
    assert db.journal(one)["t"].value == LARGE
    db.wait(two, token("t", "waitpoint_1", create=False))
    assert db.journal(two)["t"].value == LARGE
    found = db.read(lambda: reads.find_wait("waitpoint_1"))
    assert found is not None
    assert found.value == LARGE


def test_a_large_output_known_before_comes_back_whole(db: World) -> None:
    db.worker()
    other = db.start()
    db.report(other, outcome=Succeeded(LARGE))
    run = db.start()
    reply = db.wait(run, result("r", other.run_id))
    assert [entry.value for entry in reply.resolved][:1] == [LARGE]


def test_a_large_payload_to_continue_with_comes_back_whole(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=Continued(LARGE))
    [taken] = db.claim()
    assert taken.payload == LARGE


def test_a_run_that_continues_for_ever_keeps_only_the_large_values_of_its_round(db: World) -> None:
    db.worker()
    run = db.start()
    db.run(lambda: inbox.send([NewMessage(run.run_id, "orders", LARGE.replace("é", "m"), "k")], db.now))
    for number in range(1, 4):
        db.report(run, step("s", LARGE.replace("é", "x" * number)), outcome=Continued(LARGE.replace("é", "p" * number)))
        [run] = db.claim()
    assert run.payload == LARGE.replace("é", "ppp")
    [message] = db.read(lambda: inbox.messages(run.run_id, 0, 10))
    assert message.value == LARGE.replace("é", "m")
    assert _stored(db) == 2


def test_a_run_that_adopts_has_its_own_copy(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, step("s", LARGE), outcome=Failed(ERROR))
    db.advance(1_000)
    after = db.trigger(adopts=run.run_id)
    [taken] = db.claim()
    db.report(taken, outcome=Succeeded("1"))
    db.sql("update runs set finished_at = 0 where id = ?", run.run_id)
    assert db.run(lambda: prune.prune(db.now)) == 1
    assert db.journal(after)["s"].value == LARGE


def test_equal_values_of_a_run_are_stored_once(db: World) -> None:
    db.worker()
    run = db.start(payload=LARGE)
    db.report(run, step("a", LARGE), step("b", LARGE), outcome=Succeeded(LARGE))
    assert _stored(db) == 1


def test_pruning_a_run_removes_its_large_values(db: World) -> None:
    db.worker()
    run = db.start(payload=LARGE)
    db.report(run, outcome=Succeeded("1"))
    db.advance(1_000)
    db.run(lambda: prune.prune(db.now))
    assert _stored(db) == 0


@pytest.mark.parametrize("text", ['"\\ud800"', '"\U0001f600"', '"\\u0000"', '"a\\nb"'])
def test_unusual_text_comes_back_as_it_was(db: World, text: str) -> None:
    db.worker()
    run_id = db.trigger(payload=text)
    assert db.find(run_id).payload == text
    run = db.start(payload=text)
    db.report(run, step("s", text), outcome=Succeeded(text))
    assert (db.find(run).output, db.journal(run)["s"].value) == (text, text)


def test_a_wait_that_no_run_created_may_have_a_large_value(db: World) -> None:
    db.run(lambda: entries.create_wait(NewWait("waitpoint_1"), db.now))
    db.complete("waitpoint_1", LARGE)
    found = db.read(lambda: reads.find_wait("waitpoint_1"))
    assert found is not None
    assert found.value == LARGE
