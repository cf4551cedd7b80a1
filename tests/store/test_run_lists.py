"""Lists of runs: pages in both directions show every run once, newest first, whichever index finds them; and their count."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from runcast.domain.outcome import Failed, Succeeded
from runcast.domain.run import Counts
from runcast.gateway import RunFilter
from runcast.store import resolve, run_lists
from runcast.store.overview_rows import Children
from tests.store.world import ERROR, World

FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "tagged": {"tag": ("a", "b")},
    "unusual": {"shown": ("FAILED", "CANCELED")},
    "tagged and unusual": {"tag": ("a", "b"), "shown": ("FAILED",)},
    "of a task": {"task": ("work",)},
    "nothing": {"tag": ("c",)},
    "by their text": {"text": "WOR"},
}


def _fill(db: World) -> list[str]:
    """Runs with each of two tags, or both; some failed, some were canceled."""
    db.worker()
    runs: list[str] = []
    for number in range(12):
        db.advance(1)
        run = db.start(tags=(("a",), ("b",), ("a", "b"))[number % 3])
        runs.append(run.run_id)
        if number % 4 == 0:
            db.report(run, outcome=Failed(ERROR))
        elif number % 4 == 1:
            db.run(partial(resolve.cancel, [run.run_id], db.now))
    return runs


def _walk(db: World, filter: RunFilter) -> list[str]:
    """All pages from the newest to the oldest, and back again."""
    found: list[str] = []
    page = db.read(partial(run_lists.page, filter, limit=2))
    while True:
        found += [run.id for run in page.runs]
        if not page.older:
            break
        page = db.read(partial(run_lists.page, filter, after=found[-1], limit=2))
        assert page.newer
    back = [run.id for run in page.runs]
    while page.newer:
        page = db.read(partial(run_lists.page, filter, before=back[0], limit=2))
        back = [*(run.id for run in page.runs), *back]
    assert back == found
    return found


@pytest.mark.parametrize("name", FILTERS)
def test_pages_show_every_run_once_and_the_count_says_how_many(db: World, name: str) -> None:
    _fill(db)
    filter = RunFilter(environment="dev", **FILTERS[name])
    whole = [run.id for run in db.read(partial(run_lists.page, filter)).runs]
    assert whole == sorted(whole, reverse=True)
    assert _walk(db, filter) == whole
    assert db.read(partial(run_lists.count, filter, maximum=100)) == len(whole)
    assert db.read(partial(run_lists.count, filter, maximum=1)) == min(1, len(whole))


def test_runs_that_are_named_are_counted_without_the_others(db: World) -> None:
    first, second, *_ = _fill(db)
    filter = RunFilter(environment="dev", ids=(first, second, "run_nope"))  # type: ignore[arg-type]
    assert db.read(partial(run_lists.count, filter, maximum=100)) == 2


def test_a_list_knows_what_became_of_the_children_of_its_runs(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    db.worker()
    parent, other = db.start(), db.start()
    kids = [db.start(parent_id=parent.run_id, root_id=parent.run_id, depth=1) for _ in range(4)]
    db.report(kids[0], outcome=Succeeded("1"))
    db.report(kids[1], outcome=Failed(ERROR))
    db.cancel(kids[2].run_id)
    ids = [parent.run_id, other.run_id]
    assert db.read(partial(run_lists.children, ids)) == {parent.run_id: Children(4, 1, 1, True)}
    monkeypatch.setattr(run_lists, "CHILDREN_MAX", 3)
    found = db.read(partial(run_lists.children, ids))[parent.run_id]
    assert (found.count, found.complete) == (3, False)


def test_a_look_at_newer_runs_for_the_few_that_fit_ends_too(db: World) -> None:
    db.worker()
    oldest, *_ = runs = [db.trigger() for _ in range(5)]
    rare = db.trigger("rare")
    filter = RunFilter(environment="dev", task=("rare",))
    looked = db.read(partial(run_lists.page, filter, before=oldest, looked_max=2))
    assert looked.runs == ()
    found = db.read(partial(run_lists.page, filter, before=runs[3], looked_max=2))
    assert [run.id for run in found.runs] == [rare]


def test_runs_of_which_a_part_failed_are_found(db: World) -> None:
    db.worker()
    ids = {}
    for name, counts in {
        "partial": Counts(2, 1),
        "failed": Counts(0, 1, 2),
        "completed": Counts(3),
        "none": None,
    }.items():
        run = db.start()
        db.report(run, outcome=Succeeded("1", counts))
        ids[name] = run.run_id
    db.start()
    for name in ("partial", "failed", "completed"):
        filter = RunFilter(environment="dev", outcome=(name,))
        assert [run.id for run in db.read(partial(run_lists.page, filter)).runs] == [ids[name]]
