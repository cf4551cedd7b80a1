"""Turns: fair between keys; within a key the head start first, then who came first."""

from __future__ import annotations

from tests.store.world import World

# --- fairness ---


def test_a_newcomer_does_not_stand_behind_a_key_with_a_long_queue(db: World) -> None:
    db.limit(concurrency=1)
    big = db.trigger_many(10_000, concurrency_key="big")
    assert db.claimed_one_by_one(3) == big[:3]
    small = db.trigger_many(3, concurrency_key="small")
    unkeyed = db.trigger()
    assert set(db.claimed_one_by_one(4)) >= {small[0], unkeyed}
    assert set(small) <= set(db.claimed_one_by_one(5)) | {small[0]}


def test_keys_take_turns(db: World) -> None:
    db.worker()
    runs = {key: db.trigger_many(3, concurrency_key=key) for key in ("a", "b", "c")}
    order = db.claimed(room=9)
    assert order == [runs[key][number] for number in range(3) for key in ("a", "b", "c")]


def test_a_key_does_not_save_up_turns_while_it_is_away(db: World) -> None:
    db.limit(concurrency=1)
    db.trigger_many(20, concurrency_key="busy")
    db.claimed_one_by_one(10)
    back = db.trigger_many(5, concurrency_key="away")
    assert len(set(db.claimed_one_by_one(6)) & set(back)) <= 3


# --- priority ---


def test_within_a_key_a_head_start_comes_first(db: World) -> None:
    db.worker()
    plain = db.trigger_many(3, concurrency_key="a")
    urgent = db.trigger(concurrency_key="a", priority_ms=5_000)
    assert db.claimed_one_by_one(4) == [urgent, *plain]


def test_a_head_start_is_a_head_start_and_not_more(db: World) -> None:
    db.worker()
    early = db.trigger()
    db.advance(5_001)
    db.trigger(priority_ms=5_000)
    assert db.claimed(room=1) == [early]


def test_a_head_start_gives_a_key_no_more_turns(db: World) -> None:
    db.limit(concurrency=1)
    db.trigger_many(3, concurrency_key="a")
    urgent = db.trigger_many(3, concurrency_key="a", priority_ms=9_000)
    other = db.trigger_many(2, concurrency_key="b")
    order = db.claimed_one_by_one(4)
    assert order[0] == urgent[0]
    assert set(order[1:4]) & set(other) == set(other)


def test_a_run_that_overtakes_does_not_move_the_queue_ahead(db: World) -> None:
    db.limit(concurrency=1)
    db.trigger_many(100, concurrency_key="big")
    urgent = db.trigger(concurrency_key="big", priority_ms=60_000)
    assert db.claimed_one_by_one(1) == [urgent]
    newcomer = db.trigger(concurrency_key="new")
    assert newcomer in db.claimed_one_by_one(2)


def test_who_is_overtaken_goes_before_those_that_came_after(db: World) -> None:
    db.worker()
    plain = db.trigger_many(4, concurrency_key="a")
    first = db.trigger(concurrency_key="a", priority_ms=60_000)
    assert db.claimed(room=2) == [plain[0], first]
    second = db.trigger(concurrency_key="a", priority_ms=60_000)
    assert db.claimed_one_by_one(4) == [second, *plain[1:]]


def test_several_head_starts_are_taken_in_their_order(db: World) -> None:
    db.worker()
    plain = db.trigger_many(2)
    little = db.trigger(priority_ms=1_000)
    much = db.trigger(priority_ms=2_000)
    assert db.claimed_one_by_one(4) == [much, little, *plain]
