"""Lists of runs: pages in both directions show every run once, newest first, whichever index finds them; and their count."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from runcast.domain.outcome import Failed
from runcast.gateway import RunFilter
from runcast.store import resolve, run_lists
from tests.store.world import ERROR, World

FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "tagged": {"tag": ("a", "b")},
    "unusual": {"shown": ("FAILED", "CANCELED")},
    "tagged and unusual": {"tag": ("a", "b"), "shown": ("FAILED",)},
    "of a task": {"task": ("work",)},
    "nothing": {"tag": ("c",)},
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
