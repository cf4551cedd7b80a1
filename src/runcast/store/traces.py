"""Reads what the trace of a run is made from."""

from __future__ import annotations

from collections.abc import Sequence

from runcast.domain.limits import TRACE_RUNS_MAX, TRACE_SPANS_MAX
from runcast.domain.run import Run
from runcast.domain.trace import Attempt, Record
from runcast.gateway import RunFilter
from runcast.store import reads, run_lists
from runcast.store.claim import to_entry
from runcast.store.rows import JournalRow
from runcast.store.script import Script, call


def record(run: Run) -> Script[Record]:
    """A run with its attempts, its journal without values, and its log."""
    attempts: list[Attempt] = yield call("attempts_of", run_id=run.id)
    entries: list[JournalRow] = yield call("journal_outline", run_id=run.id, limit=TRACE_SPANS_MAX)
    logs = yield from reads.logs(run.id, 0, TRACE_SPANS_MAX)
    return Record(run, attempts, [to_entry(row, None) for row in entries], logs)


def records(run: Run) -> Script[tuple[Sequence[Record], bool]]:
    """The same for a run and for those below it, the oldest first; True: there is more than that."""
    page = yield from run_lists.page(RunFilter(root_id=run.root_id), limit=TRACE_RUNS_MAX)
    below = _below(run, page.runs)
    found = [(yield from record(run))]
    size = _size(found[0])
    for each in below:
        if size >= TRACE_SPANS_MAX:
            return found, True
        found.append((yield from record(each)))
        size += _size(found[-1])
    return found, page.older


def _below(run: Run, tree: Sequence[Run]) -> list[Run]:
    ids, found = {run.id}, []
    for each in sorted(tree, key=lambda each: (each.depth, each.created_at, each.id)):
        if each.parent_id in ids:
            ids.add(each.id)
            found.append(each)
    return found


def _size(one: Record) -> int:
    return 2 + len(one.attempts) + len(one.entries) + len(one.logs)
