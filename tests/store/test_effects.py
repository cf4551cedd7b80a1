"""Effects: each counts once, however often it is sent; streams have no gap; ancestors see what descendants add."""

from __future__ import annotations

import base64
from functools import partial

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runcast.domain.effect import Effect, EffectKind, Part, Target
from runcast.domain.errors import ValueTooLarge
from runcast.domain.limits import (
    LOG_CHARS_MAX,
    METADATA_BYTES_MAX,
    STREAM_PART_BYTES_MAX,
    TAG_CHARS_MAX,
    TAGS_MAX,
)
from runcast.domain.outcome import HandedBack, Succeeded
from runcast.gateway import Assignment
from runcast.store import effects, reads, streams
from tests.store.houses import SqliteHouse
from tests.store.world import World, child, increment, log, part, step


def _meta(kind: EffectKind, key: str, value: object, number: int) -> Effect:
    return Effect(kind, key, msgspec.json.encode(value).decode(), scope="s", number=number)


def _parts(db: World, run: Assignment | str, stream: str) -> tuple[Part, ...]:
    run_id = run if isinstance(run, str) else run.run_id
    return db.read(lambda: reads.parts(run_id, stream, -1, 1000))


def test_metadata_operations_apply_in_their_order(db: World) -> None:
    db.worker()
    run = db.start(metadata='{"kept":true}')
    db.report(
        run,
        effects=[
            _meta(EffectKind.SET, "a", 1, 1),
            _meta(EffectKind.INCREMENT, "a", 2, 2),
            _meta(EffectKind.APPEND, "list", "x", 3),
            _meta(EffectKind.APPEND, "list", "y", 4),
            _meta(EffectKind.REMOVE, "list", "x", 5),
            _meta(EffectKind.SET, "gone", 1, 6),
            _meta(EffectKind.DELETE, "gone", None, 7),
        ],
    )
    assert db.metadata(run) == {"kept": True, "a": 3, "list": ["y"]}
    db.report(run, effects=[_meta(EffectKind.REPLACE, "", {"new": 1}, 8)])
    assert db.metadata(run) == {"new": 1}


def test_a_worker_is_not_told_who_writes_streams_from_outside(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, effects=[increment("n", 1)])
    for writer in ("one", "other"):
        script = partial(streams.append, run.run_id, Target.SELF, "s", ["1"], writer=writer, first=0, now=db.now)
        db.run(script)
    db.report(run, outcome=HandedBack())
    [taken] = db.claim()
    assert [scope for scope in taken.applied if not scope.startswith("#bytes/")] == ["s"]
    assert len(_parts(db, run, "s")) == 2


def test_an_effect_counts_once_however_often_it_is_sent(db: World) -> None:
    db.worker()
    run = db.start()
    sent = [increment("n", 1), increment("n", 2), part("p", "x", 3), log("hello", 4, scope="s")]
    db.report(run, effects=sent)
    db.report(run, effects=sent)
    db.report(run, outcome=HandedBack())
    [taken] = db.claim()
    assert taken.applied["s"] == 4
    db.report(taken, effects=[*sent, increment("n", 5)])
    assert db.metadata(run) == {"n": 3}
    assert len(_parts(db, run, "p")) == 1
    assert len(db.read(lambda: reads.logs(run.run_id, 0, 10))) == 1


def test_scopes_count_apart(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, effects=[increment("n", 1, scope="a"), increment("n", 1, scope="b")])
    assert db.metadata(run) == {"n": 2}


def test_effects_without_a_number_always_count(db: World) -> None:
    db.worker()
    run = db.start()
    for _ in range(2):
        db.report(run, effects=[log("try")])
    assert [line.message for line in db.read(lambda: reads.logs(run.run_id, 0, 10))] == ["try", "try"]


def test_children_write_to_their_parent_and_root(db: World) -> None:
    db.worker()
    root = db.start()
    db.parent_of(root, "c")
    [kid] = db.claim()
    db.parent_of(kid, "g")
    [grandchild] = db.claim()
    db.changes()
    db.report(
        grandchild,
        effects=[
            increment("own", 1),
            increment("kids", 2, target=Target.PARENT),
            increment("all", 3, target=Target.ROOT),
            part("news", "hi", 4, target=Target.ROOT),
        ],
    )
    assert (db.metadata(grandchild), db.metadata(kid), db.metadata(root)) == ({"own": 1}, {"kids": 1}, {"all": 1})
    assert [item.value for item in _parts(db, root, "news")] == ['"hi"']
    facts = {(fact.run_id, fact.kind.value, fact.status) for fact in db.changes()}
    assert (root.run_id, "metadata", "WAITING") in facts
    assert (root.run_id, "stream", "WAITING") in facts
    assert (kid.run_id, "metadata", "WAITING") in facts


def test_a_root_is_its_own_parent(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, effects=[increment("n", 1, target=Target.PARENT), increment("n", 2, target=Target.ROOT)])
    assert db.metadata(run) == {"n": 2}


def test_many_children_count_into_one_parent_in_one_commit(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, *(f"c{number}" for number in range(5)))
    kids = db.claim()
    db.reports(
        *(db.item(kid, effects=[increment("done", 1, target=Target.PARENT)], outcome=Succeeded("1")) for kid in kids)
    )
    assert db.metadata(parent) == {"done": 5}


def test_a_parent_that_ended_keeps_its_metadata(db: World) -> None:
    db.worker()
    parent = db.start()
    db.report(parent, child(parent, "c", waited=False), outcome=Succeeded("1"))
    [kid] = db.claim()
    db.report(kid, effects=[increment("late", 1, target=Target.PARENT)])
    assert db.metadata(parent) == {}


# --- streams ---


def test_the_parts_of_a_stream_are_numbered_without_a_gap(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, "a", "b")
    kids = db.claim()
    for number in range(3):
        db.reports(
            *(db.item(kid, effects=[part("s", f"{number}", number + 1, target=Target.PARENT)]) for kid in kids),
        )
    assert [item.seq for item in _parts(db, parent, "s")] == list(range(6))


def test_a_reset_supersedes_what_an_earlier_try_wrote(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, effects=[part("s", "keep", 1, scope="other"), part("s", "old", 1, scope="step@1.1")])
    reset = Effect(EffectKind.RESET, "s", '"step@"', scope="step@1.2", number=1)
    db.report(run, effects=[reset, part("s", "new", 2, scope="step@1.2")])
    found = _parts(db, run, "s")
    assert [(item.seq, item.kind, item.value, item.superseded) for item in found] == [
        (0, "data", '"keep"', False),
        (1, "data", '"old"', True),
        (2, "reset", '{"seqs":[1]}', False),
        (3, "data", '"new"', False),
    ]


def test_a_reset_of_nothing_leaves_no_trace(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, effects=[Effect(EffectKind.RESET, "s", '"step@"', scope="step@1.2", number=1)])
    assert _parts(db, run, "s") == ()


def test_a_reset_and_what_follows_in_one_report_keep_their_order(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(
        run,
        effects=[
            part("s", "old", 1, scope="x@1.1"),
            Effect(EffectKind.RESET, "s", '"x@"', scope="x@1.2", number=1),
            part("s", "new", 2, scope="x@1.2"),
            Effect(EffectKind.CLOSE, "s", scope="x@1.2", number=3),
        ],
    )
    assert [(item.kind, item.superseded) for item in _parts(db, run, "s")] == [
        ("data", True),
        ("reset", False),
        ("data", False),
        ("close", False),
    ]


def test_the_reset_of_one_child_leaves_another_childs_parts(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, "a", "b")
    one, two = db.claim()
    for kid in (one, two):
        db.report(kid, effects=[part("s", kid.run_id, 1, scope="x@1.1", target=Target.PARENT)])
    db.report(one, effects=[Effect(EffectKind.RESET, "s", '"x@"', Target.PARENT, "x@1.2", 1)])
    assert [item.superseded for item in _parts(db, parent, "s")] == [True, False, False]


def test_a_stream_is_read_from_any_part(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, effects=[part("s", str(number), number + 1) for number in range(5)])
    assert [item.seq for item in db.read(lambda: reads.parts(run.run_id, "s", 2, 1))] == [3]
    assert len(db.read(lambda: reads.parts(run.run_id, None, -1, 3))) == 3


# --- tags, logs, artifacts ---


def test_tags_are_added_once_and_up_to_a_bound(db: World) -> None:
    db.worker()
    run = db.start(tags=("first",))
    tags = [
        Effect(EffectKind.TAG, name, scope="s", number=number) for number, name in enumerate(["a", "a", "first"], 1)
    ]
    db.report(run, effects=tags)
    assert db.find(run).tags == ("first", "a")
    db.report(run, effects=[Effect(EffectKind.TAG, f"t{number}", scope="s", number=number) for number in range(4, 30)])
    assert len(db.find(run).tags) == TAGS_MAX
    assert all(len(tag) <= TAG_CHARS_MAX for tag in db.find(run).tags)


def test_a_log_line_is_cut_at_its_bound_and_says_so(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, effects=[log("x" * (LOG_CHARS_MAX + 5))])
    [line] = db.read(lambda: reads.logs(run.run_id, 0, 10))
    assert line.message.endswith("… [5 more characters cut]")
    assert (line.level, line.at, line.attempt) == ("info", db.now, 1)


def test_a_run_has_a_greatest_number_of_log_lines(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects, "LOGS_PER_RUN_MAX", 3)
    db.worker()
    run = db.start()
    db.report(run, effects=[log("1"), log("2")])
    db.report(run, effects=[log("3"), log("4")])
    db.report(run, effects=[log("5")])
    lines = [line.message for line in db.read(lambda: reads.logs(run.run_id, 0, 10))]
    assert lines[:2] == ["1", "2"]
    assert "further ones are dropped" in lines[2]
    assert len(lines) == 3


def test_log_lines_are_read_after_a_cursor(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, effects=[log(str(number)) for number in range(5)])
    first = db.read(lambda: reads.logs(run.run_id, 0, 2))
    rest = db.read(lambda: reads.logs(run.run_id, first[-1].seq, 10))
    assert [line.message for line in (*first, *rest)] == list("01234")


@pytest.mark.parametrize("data", ["text", "base64"])
def test_an_artifact_is_stored_once_and_comes_back_as_it_was(db: World, data: str) -> None:
    db.worker()
    run = db.start()
    body = "né".encode() if data == "text" else bytes(range(256))
    value = {"text": "né"} if data == "text" else {"base64": base64.b64encode(body).decode()}
    effect = _meta(EffectKind.ARTIFACT, "report.html", {"content_type": "text/html", **value}, 1)
    db.report(run, effects=[effect])
    db.report(run, effects=[effect])
    [artifact] = db.read(lambda: reads.artifacts(run.run_id))
    assert (artifact.name, artifact.content_type, artifact.size) == ("report.html", "text/html", len(body))
    assert db.read(lambda: reads.artifact(artifact.id)) == body
    assert db.read(lambda: reads.artifact("artifact_unknown")) is None


# --- bounds ---


def _oversized() -> list[Effect]:
    return [
        _meta(EffectKind.SET, "k", "x" * METADATA_BYTES_MAX, 1),
        part("s", "x" * STREAM_PART_BYTES_MAX, 1),
    ]


@pytest.mark.parametrize("effect", _oversized(), ids=lambda effect: effect.kind.value)
def test_an_effect_over_its_bound_is_refused_with_its_whole_report(db: World, effect: Effect) -> None:
    db.worker()
    run = db.start()
    before = db.everything()
    with pytest.raises(ValueTooLarge):
        db.report(run, step("s"), effects=[effect], outcome=Succeeded("1"))
    assert db.everything() == before


def test_effects_are_facts_of_the_feed(db: World) -> None:
    db.worker()
    run = db.start()
    db.changes()
    artifact = _meta(EffectKind.ARTIFACT, "a", {"content_type": "text/plain", "text": "x"}, 4)
    db.report(run, effects=[increment("n", 1), part("s", "x", 2), log("l", 3, scope="s"), artifact])
    facts = db.changes()
    assert {fact.kind.value for fact in facts} == {"metadata", "stream", "log", "artifact"}
    assert max(fact.version for fact in facts) <= db.find(run).version
    db.report(run, effects=[increment("n", 1)])
    assert db.changes() == []


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
_OPERATIONS = st.tuples(
    st.sampled_from([kind for kind in EffectKind if kind in effects._METADATA and kind is not EffectKind.TAG]),
    st.sampled_from(["a", "b"]),
    _VALUES,
)


@given(st.lists(_OPERATIONS, max_size=12))
@example([(EffectKind.SET, "a", 1), (EffectKind.INCREMENT, "a", "x")])
@example([(EffectKind.SET, "a", "x"), (EffectKind.INCREMENT, "a", 1), (EffectKind.INCREMENT, "a", None)])
def test_no_operation_on_metadata_can_fail(operations: list[tuple[EffectKind, str, object]]) -> None:
    metadata: dict[str, object] = {}
    for kind, key, value in operations:
        metadata = effects.change_metadata(metadata, kind, key, value)
    assert isinstance(metadata, dict)


@settings(max_examples=40)
@given(
    numbers=st.lists(st.sampled_from(["n", "m", "part"]), min_size=1, max_size=12),
    cuts=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=6),
)
def test_however_effects_are_cut_and_sent_again_each_counts_once(
    numbers: list[str], cuts: list[tuple[int, int]]
) -> None:
    all_of_them = [
        part("s", str(number), number) if kind == "part" else increment(kind, number)
        for number, kind in enumerate(numbers, 1)
    ]
    world = World(SqliteHouse(":memory:"))
    try:
        world.worker()
        run = world.start()
        sent = 0
        for start, length in cuts:
            # A worker sends what it has not seen acknowledged, and never leaves one out.
            first = min(start, sent)
            world.report(run, effects=all_of_them[first : first + length])
            sent = max(sent, min(len(all_of_them), first + length))
        world.report(run, effects=all_of_them[min(sent, len(all_of_them)) :])
        counted = {key: count for key in ("n", "m") if (count := numbers.count(key))}
        assert world.metadata(run) == counted
        assert [item.value for item in _parts(world, run, "s")] == [
            f'"{number}"' for number, kind in enumerate(numbers, 1) if kind == "part"
        ]
        assert world.findings() == []
    finally:
        world.close()


def test_a_stream_past_its_bound_takes_no_more(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runcast.store.effects.STREAM_BYTES_MAX", 100)
    db.worker()
    run = db.start()
    db.report(run, effects=[part("s", "x" * 60, 1), part("other", "x" * 60, 2)])
    with pytest.raises(ValueTooLarge, match="stream 's'"):
        db.report(run, effects=[part("s", "x" * 60, 3)])
    db.report(run, effects=[part("s", "x" * 10, 3)])
