"""Usage rows: applied once, by the run's owner only, summed over the tree below a run, gone with it."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.effect import Effect, EffectKind
from runcast.domain.errors import InvalidInput, ValueTooLarge
from runcast.domain.limits import USAGE_ITEMS_MAX
from runcast.domain.outcome import Failed, HandedBack, Succeeded
from runcast.domain.usage import AMOUNT_MAX, NANOS, RunUsage, whole
from runcast.gateway import Assignment
from runcast.store import reads
from tests.store.world import ERROR, World, child


def spent(name: str, number: int, *, quantity: int = 1, cost: int = 0, scope: str = "s") -> Effect:
    value = msgspec.json.encode({"unit": "calls", "quantity": quantity, "cost": cost}).decode()
    return Effect(EffectKind.USAGE, name, value, scope=scope, number=number)


def usage(db: World, run: Assignment | str) -> RunUsage:
    run_id = run if isinstance(run, str) else run.run_id
    return db.read(lambda: reads.usage(run_id))


def test_usage_counts_once_however_often_it_is_sent(db: World) -> None:
    db.worker()
    run = db.start()
    sent = [spent("gpt", 1, quantity=5, cost=7), spent("gpt", 2, quantity=5, cost=7)]
    db.report(run, effects=sent)
    db.report(run, effects=sent)
    db.report(run, outcome=HandedBack())
    [taken] = db.claim()
    db.report(taken, effects=[*sent, spent("gpt", 3), spent("gpt", 1, scope="another try")])
    (item,) = usage(db, run).own.items
    assert (item.name, item.unit, item.quantity_micros, item.cost_nanos) == ("gpt", "calls", 12, 14)


def test_an_execution_that_lost_its_run_counts_nothing(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=HandedBack())
    db.claim()
    assert db.report(run, effects=[spent("gpt", 1)]).lost
    assert usage(db, run).own.items == ()


def test_a_tree_is_summed_from_its_rows_whatever_became_of_the_runs(db: World) -> None:
    db.worker()
    root = db.start()
    db.report(root, child(root, "c", waited=False), effects=[spent("gpt", 1, cost=1)])
    [kid] = db.claim()
    db.report(kid, child(kid, "g", waited=False), effects=[spent("gpt", 1, cost=10), spent("web", 2, cost=100)])
    [grandchild] = db.claim()
    db.report(grandchild, effects=[spent("gpt", 1, cost=1_000)], outcome=Failed(ERROR), executed_ms=30)
    db.report(kid, outcome=Succeeded("1"), executed_ms=7)
    db.cancel(root.run_id)
    other = db.start()
    db.report(other, effects=[spent("gpt", 1, cost=5)])
    found = usage(db, root)
    assert {item.name: item.cost_nanos for item in found.total.items} == {"gpt": 1_011, "web": 100}
    assert {item.name: item.cost_nanos for item in found.own.items} == {"gpt": 1}
    assert (found.total.runs, found.total.executing_ms, found.own.executing_ms) == (3, 37, 0)
    assert {item.name: item.cost_nanos for item in usage(db, kid).total.items} == {"gpt": 1_010, "web": 100}


def test_watchers_hear_of_usage(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, effects=[spent("gpt", 1)])
    assert [change.kind for change in db.changes()][-1] == "usage"


def test_a_run_with_too_many_different_things_is_refused_whole(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, effects=[spent(f"item {number}", number) for number in range(1, USAGE_ITEMS_MAX + 1)])
    with pytest.raises(ValueTooLarge, match="different things"):
        db.report(run, effects=[spent("one more", USAGE_ITEMS_MAX + 1)])
    db.report(run, effects=[spent("item 1", USAGE_ITEMS_MAX + 1)])
    assert len(usage(db, run).own.items) == USAGE_ITEMS_MAX


@given(st.decimals(min_value=0, max_value=AMOUNT_MAX // NANOS, places=9))
def test_an_amount_of_nine_digits_comes_back_as_it_was(amount: Decimal) -> None:
    assert Decimal(whole(amount, NANOS, what="cost")) / NANOS == amount


@pytest.mark.parametrize("amount", ["x", "", "nan", "-1", AMOUNT_MAX, float("inf"), "1e999999"])
def test_what_is_no_amount_is_refused(amount: str | float) -> None:
    with pytest.raises(InvalidInput, match="cost"):
        whole(amount, NANOS, what="cost")
