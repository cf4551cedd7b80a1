"""The fold of the feed behind `watch`."""

from __future__ import annotations

from runcast.cli.followed import Followed
from runcast.domain.change import Change, ChangeKind
from runcast.domain.effect import Part
from runcast.domain.ids import RunId
from runcast.domain.run import RunStatus
from runcast.gateway import Update
from tests.cli.samples import ROOT, START, sample_child, sample_run


def text_of(*parts: Part) -> str:
    state = Followed(ROOT)
    state.add_parts(ROOT, parts)
    return state.streams[ROOT]["s"].text


def test_an_older_version_of_a_run_does_not_replace_a_newer_one() -> None:
    state = Followed(ROOT)
    state.apply(Update(cursor=2, runs=(sample_run(version=5, status=RunStatus.COMPLETED),)))
    state.apply(Update(cursor=3, runs=(sample_run(version=4),)))
    assert state.is_final


def test_new_runs_are_read_whole_and_known_ones_only_where_they_changed() -> None:
    state = Followed(ROOT)
    first = state.apply(Update(cursor=1, runs=(sample_run(),)))
    assert first.journals == first.logs == first.streams == {ROOT}
    change = Change(2, ROOT, ROOT, 2, ChangeKind.LOG, "EXECUTING", START)
    second = state.apply(Update(cursor=2, runs=(sample_run(version=2),), changes=(change,)))
    assert (second.journals, second.logs, second.streams) == (set(), {ROOT}, set())


def test_after_a_lost_connection_everything_is_read_again() -> None:
    state = Followed(ROOT)
    state.apply(Update(cursor=1, runs=(sample_run(),)))
    assert state.apply(Update(cursor=9, runs=(sample_run(),)), whole=True).logs == {ROOT}


def test_relatives_outside_of_the_followed_run_are_not_read() -> None:
    child = sample_child(1, RunStatus.EXECUTING)
    state = Followed(child.id)
    dirty = state.apply(Update(cursor=1, runs=(sample_run(), child, sample_child(2, RunStatus.EXECUTING))))
    assert dirty.journals == {child.id}
    assert list(state.family()) == [child.id]


def test_a_grandchild_that_arrives_before_its_parent_finds_its_place() -> None:
    state = Followed(ROOT)
    child = sample_child(1, RunStatus.EXECUTING)
    grandchild = sample_run("run_01hf5a1b2cgrandchilda", "fetch", parent_id=child.id)
    state.apply(Update(cursor=1, runs=(grandchild, child, sample_run())))
    assert list(state.family()) == [ROOT, child.id, RunId("run_01hf5a1b2cgrandchilda")]


def test_a_stream_is_its_text_parts_in_order() -> None:
    assert text_of(Part("s", 0, "data", '"Hello, "', START), Part("s", 1, "data", '"Ada"', START)) == "Hello, Ada"


def test_parts_of_an_abandoned_try_are_dropped() -> None:
    reset = Part("s", 1, "reset", '{"seqs": [0]}', START)
    assert text_of(Part("s", 0, "data", '"old"', START), reset, Part("s", 2, "data", '"new"', START)) == "new"
    assert text_of(Part("s", 0, "data", '"old"', START, superseded=True), Part("s", 2, "data", '"new"', START)) == "new"


def test_a_part_that_is_not_text_is_a_line_of_json() -> None:
    assert text_of(Part("s", 0, "data", '{"a":1}', START), Part("s", 1, "data", "2", START)) == '{"a":1}\n2\n'
