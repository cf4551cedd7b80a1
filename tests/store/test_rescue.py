"""Leases: the dead lose what they held, the living nothing."""

from __future__ import annotations

from functools import partial

import pytest

from runcast.domain.errors import LostOwnership
from runcast.domain.ids import WorkerId
from runcast.domain.outcome import Succeeded
from runcast.gateway import Hello
from runcast.store import workers
from runcast.store.rows import Process
from tests.store.world import LEASE_MS, World, sleep, token


def _dead(db: World, *, boot: bool = False) -> list[str]:
    return db.read(lambda: workers.find_dead(db.now, boot=boot))


def _renew(db: World, worker_id: str) -> None:
    db.run(lambda: workers.renew(worker_id, db.now, LEASE_MS))


def test_a_worker_is_dead_when_its_lease_ran_out(db: World) -> None:
    db.worker("w1")
    db.advance(LEASE_MS)
    assert _dead(db) == []
    db.advance(1)
    assert _dead(db) == ["w1"]


def test_a_renewed_lease_lives_on(db: World) -> None:
    db.worker("w1")
    db.advance(LEASE_MS - 1)
    _renew(db, "w1")
    db.advance(LEASE_MS - 1)
    assert _dead(db) == []


def test_who_was_declared_dead_cannot_renew(db: World) -> None:
    db.worker("w1")
    db.lose("w1")
    with pytest.raises(LostOwnership, match="lease ran out"):
        _renew(db, "w1")
    with pytest.raises(LostOwnership):
        _renew(db, "w_unknown")


def test_at_boot_those_in_the_engines_process_are_dead_for_certain(db: World) -> None:
    db.worker("embedded", embedded=True)
    db.worker("process")
    assert _dead(db) == []
    assert _dead(db, boot=True) == ["embedded"]


def test_the_dead_lose_their_runs_and_only_they(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    mine = db.start(worker_id="w1")
    other = db.start(worker_id="w2")
    assert db.lose("w1") == 1
    assert db.statuses(mine, other) == ["QUEUED", "EXECUTING"]
    assert db.find(mine).deaths == 1
    assert db.find(other).deaths == 0


def test_runs_that_waited_in_the_dead_belong_to_nobody(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    waiting, woken = db.start(), db.start()
    db.wait(waiting, token("t", "waitpoint_1"))
    db.wait(woken, sleep("s", 1))
    db.advance(1)
    db.fire()
    assert db.lose("w1") == 0
    assert db.claimed("w2") == [woken.run_id]
    db.complete("waitpoint_1")
    assert db.claimed("w2") == [waiting.run_id]


def test_the_slots_of_ended_runs_whose_body_died_are_free(db: World) -> None:
    db.limit(concurrency=1)
    run = db.start()
    db.cancel(run.run_id)
    assert db.slots() == 1
    db.lose("w1")
    assert db.slots() == 0
    assert db.find(run).deaths == 0


def test_rescuing_twice_changes_nothing_more(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    run = db.start()
    db.lose("w1")
    db.claim("w2")
    assert db.lose("w1") == 0
    assert (db.status(run), db.find(run).worker_id, db.find(run).deaths) == ("EXECUTING", "w2", 1)


def test_a_worker_that_comes_again_has_a_new_lease(db: World) -> None:
    db.worker("w1")
    db.advance(LEASE_MS + 1)
    db.lose("w1")
    db.worker("w1")
    assert _dead(db) == []
    run = db.start()
    db.report(run, outcome=Succeeded("1"))
    assert db.status(run) == "COMPLETED"


def test_at_boot_workers_of_a_dead_process_are_dead_whatever_their_lease_says(db: World) -> None:
    for name, pid in (("away", 7), ("there", 8)):
        db.run(partial(workers.hello, Hello(WorkerId(name), (), pid=pid, host="here"), db.now, LEASE_MS))
    assert db.read(workers.processes) == [Process(7, "here"), Process(8, "here")]
    assert db.read(lambda: workers.find_dead(db.now, boot=True, gone=[Process(7, "here")])) == ["away"]


def test_a_worker_in_the_engines_process_needs_no_lease(db: World) -> None:
    db.worker("embedded", embedded=True)
    db.worker("remote")
    db.advance(10 * LEASE_MS)
    assert _dead(db) == ["remote"]
