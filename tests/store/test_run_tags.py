"""The index of tags: it says what the runs say, whoever changes them, and runs without tags are not in it."""

from __future__ import annotations

from functools import partial

import pytest

from runcast.domain.effect import Effect, EffectKind
from runcast.domain.errors import Conflict, NotFound
from runcast.domain.outcome import Succeeded
from runcast.domain.run import Debounce
from runcast.gateway import RunFilter
from runcast.store import metadata, run_lists
from runcast.store.prune import prune
from tests.store.world import World


def tagged(db: World, *tags: str) -> list[str]:
    """The runs that a list finds by these tags, by the index."""
    filter = RunFilter(environment="dev", tag=tags)
    return [run.id for run in db.read(partial(run_lists.page, filter)).runs]


def test_a_run_is_found_by_each_of_its_tags(db: World) -> None:
    db.worker()
    both, one = db.trigger(tags=("a", "b")), db.trigger(tags=("b",))
    db.trigger()
    assert tagged(db, "a") == [both]
    assert tagged(db, "b") == [one, both]
    assert tagged(db, "a", "b") == [one, both]
    assert tagged(db, "c") == []


def test_tags_of_bodies_and_of_clients_are_found(db: World) -> None:
    db.worker()
    run = db.start(tags=("a",))
    db.report(run, effects=[Effect(EffectKind.TAG, "b", scope="s", number=1)])
    assert db.run(partial(metadata.add_tags, run.run_id, ["b", "c"], db.now)) == ("a", "b", "c")
    for tag in "abc":
        assert tagged(db, tag) == [run.run_id]
    assert db.findings() == []


def test_tags_that_are_refused_are_not_found(db: World) -> None:
    db.worker()
    run = db.start(tags=("a",))
    with pytest.raises(Conflict):
        db.run(partial(metadata.add_tags, run.run_id, [str(number) for number in range(10)], db.now))
    with pytest.raises(NotFound):
        db.run(partial(metadata.add_tags, "run_nope", ["a"], db.now))
    assert tagged(db, "1") == []


def test_a_debounced_run_is_found_by_the_newest_tags_only(db: World) -> None:
    db.worker()
    debounce = Debounce("k", 5_000, trailing=True)
    run = db.trigger(tags=("old",), debounce=debounce)
    db.trigger(tags=("new",), debounce=debounce)
    assert (tagged(db, "old"), tagged(db, "new")) == ([], [run])


def test_pruned_runs_leave_no_tags(db: World) -> None:
    db.worker()
    run = db.start(tags=("a", "b"))
    db.report(run, outcome=Succeeded("1"))
    db.now += 1_000
    assert db.run(partial(prune, db.now)) == 1
    assert tagged(db, "a") == []
    assert db.findings() == []
