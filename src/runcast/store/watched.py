"""Reads for who follows runs: the state of what is watched, and what changed of it since."""

from __future__ import annotations

import msgspec

from runcast.domain.change import ChangeKind
from runcast.domain.limits import FEED_SCAN_ROWS_MAX, PAGE_ROWS_MAX
from runcast.domain.run import Run
from runcast.domain.transaction import topic_id
from runcast.domain.watch import Update, Watch
from runcast.store import reads
from runcast.store.rows import ChangeRow, Name
from runcast.store.script import Script, call

_ENVIRONMENT = "dev"


def watched_state(watch: Watch) -> Script[Update]:
    """The state of what is watched, at the feed's newest position."""
    newest: int = yield call("newest_change")
    runs = list((yield from reads.runs_by_id(watch.run_ids)))
    for root_id in watch.root_ids:
        runs.extend((yield from reads.tree(root_id)))
    for batch_id in watch.batch_ids:
        runs.extend((yield from reads.members(batch_id)))
    if watch.tags:
        runs.extend((yield from _tagged(watch)))
    here = [run for run in runs if watch.environment in (None, run.environment)]
    return Update(newest, tuple({run.id: run for run in here}.values()))


def _tagged(watch: Watch) -> Script[list[Run]]:
    """The newest ones, oldest first."""
    found: set[str] = set()
    for tag in watch.tags:
        rows: list[Name] = yield call(
            "newest_of_tag", environment=watch.environment or _ENVIRONMENT, tag=tag, limit=PAGE_ROWS_MAX
        )
        found.update(row.name for row in rows)
    whole = yield from reads.runs_by_id(sorted(found)[-PAGE_ROWS_MAX:])
    return sorted(whole, key=lambda run: run.id)


def watched_changes(watch: Watch, cursor: int) -> Script[Update]:
    """What changed after `cursor`, with the newest state of the runs concerned. `resync` when the feed was pruned."""
    newest: int = yield call("newest_change")
    oldest: int = yield call("oldest_change")
    if cursor > newest or cursor + 1 < oldest:
        state = yield from watched_state(watch)
        return msgspec.structs.replace(state, resync=True)
    upto = min(newest, cursor + FEED_SCAN_ROWS_MAX)
    rows = yield from _changes(watch, cursor, upto)
    runs = yield from reads.runs_by_id(sorted({row.run_id for row in rows if row.kind != ChangeKind.TOPIC}))
    # Whoever follows an id that nobody had may hear of it from another environment.
    elsewhere = {run.id for run in runs if watch.environment not in (None, run.environment)}
    if elsewhere:
        runs = tuple(run for run in runs if run.id not in elsewhere)
        rows = [row for row in rows if row.run_id not in elsewhere]
    return Update(upto, runs, tuple(reads.to_change(row) for row in rows))


def _changes(watch: Watch, cursor: int, upto: int) -> Script[list[ChangeRow]]:
    rows: list[ChangeRow] = yield call(
        "changes_for",
        cursor=cursor,
        upto=upto,
        run_ids=[[id] for id in watch.run_ids],
        root_ids=[[id] for id in (*watch.root_ids, *map(topic_id, watch.topics))],
    )
    if not (watch.batch_ids or watch.tags) or upto == cursor:
        return rows
    many: list[ChangeRow] = yield call(
        "changes_of_many",
        cursor=cursor,
        upto=upto,
        environment=watch.environment if not watch.tags else watch.environment or _ENVIRONMENT,
        batches=[[id] for id in watch.batch_ids],
        tags=[[tag] for tag in watch.tags],
    )
    return sorted({row.seq: row for row in (*rows, *many)}.values(), key=lambda row: row.seq)
