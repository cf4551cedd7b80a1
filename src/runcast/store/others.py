"""What other engines did since this one's last turn, as the notes that their own followers had.

Engines that share a database write in turn. At each turn one learns from the feed what came since its last: runs that
became ready, slots that came free, ends that somebody waits for here, and news for the workers that are connected here.
What the feed does not say, it looks up: which of its workers another engine declared dead.
"""

from __future__ import annotations

from collections.abc import Sequence

from runcast.domain.ids import RunId
from runcast.domain.journal import Entry
from runcast.domain.run import End
from runcast.gateway import News, Stop
from runcast.store import reads
from runcast.store.claim import to_entries
from runcast.store.rows import Holding, JournalRow, Name
from runcast.store.script import Changed, Freed, Ready, Script, Tell, call


def stopped(workers: Sequence[str]) -> Script[list[str]]:
    """Of these workers those that another engine declared dead: whatever they claimed now, nobody would take back."""
    rows: list[Name] = yield call("stopped_workers", ids=[[id] for id in workers])
    return [row.name for row in rows]


def look(since: int, workers: Sequence[str]) -> Script[None]:
    """Note what lies behind `since` in the feed. `workers`: those that are connected here."""
    newest: int = yield call("newest_change")
    if newest <= since:
        return
    if workers:
        yield from _claimable(since)
    ends: list[End] = yield call("ends_since", since=since)
    yield Changed(ended=tuple((yield from reads.whole_ends(ends))), ours=False)
    if workers:
        yield from _tell(since, workers)


def _claimable(since: int) -> Script[None]:
    """Where there may be something to claim. Whoever has no worker need not know: one that joins looks everywhere."""
    ready: list[Name] = yield call("queues_ready_since", since=since)
    if ready:
        yield Ready(tuple(row.name for row in ready))
    freed: list[Name] = yield call("queues_freed_since", since=since)
    if freed:
        yield Freed(tuple(row.name for row in freed))


def _tell(since: int, workers: Sequence[str]) -> Script[None]:
    held: list[Holding] = yield call("held_since", since=since, workers=[[id] for id in workers])
    executing = [run for run in held if run.status == "EXECUTING"]
    if executing:
        rows: list[JournalRow] = yield call("resolved_since", since=since, ids=[[run.id] for run in executing])
        news: dict[str, list[Entry]] = {}
        for run_id, entry in (yield from to_entries(rows)):
            news.setdefault(run_id, []).append(entry)
        for run in executing:
            if run.id in news:
                yield Tell(run.worker_id or "", News(RunId(run.id), run.epoch, tuple(news[run.id])))
    for run in held:
        if run.status in ("CANCELED", "EXPIRED", "CRASHED", "SYSTEM_FAILURE"):
            yield Tell(run.worker_id or "", Stop(RunId(run.id), run.epoch, run.status))
