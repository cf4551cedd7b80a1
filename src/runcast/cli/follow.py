"""Follows a run through the gateway until it is final, reading what the feed says has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from runcast.cli.followed import Dirty, Followed
from runcast.domain.effect import Log, Part
from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry
from runcast.domain.run import Run
from runcast.gateway import ClientGateway, Watch

JOURNALS_READ_MAX = 32
"""Journals read for one update; the followed run's own comes first. A tree of thousands shows runs, not their steps."""
LOGS_READ_MAX = 200
STREAMS_READ_MAX = 50
NEWEST_PARTS = 32
"""Parts that are looked through for streams not yet known."""
PAGE = 1_000


class News(NamedTuple):
    """What one update brought, in the order: runs, journal entries, logs, stream parts."""

    runs: Sequence[Run]
    entries: Sequence[tuple[RunId, Entry]]
    logs: Sequence[tuple[RunId, Log]]
    parts: Sequence[tuple[RunId, Part]]


class View(Protocol):
    """What shows a followed run."""

    def show(self, followed: Followed, news: News) -> None:
        """Something changed."""
        ...


async def follow(gateway: ClientGateway, followed: Followed, root_id: RunId, view: View) -> Run:
    """Show the followed run and everything below it in `view` until it is final; returns its last state.

    Raises `Unavailable` when the engine goes away; call it again with the same `followed` to go on.
    """
    whole = True
    async for update in gateway.watch(Watch(root_ids=(root_id,))):
        before = dict(followed.runs)
        dirty = followed.apply(update, whole=whole)
        whole = False
        ours = set(followed.family())
        runs = [new for new in update.runs if new.id in ours and before.get(new.id) != new]
        view.show(followed, await _read(gateway, followed, dirty, runs))
        if followed.is_final:
            break
    if followed.run is None:
        raise NotFound(f"run {followed.run_id} is gone")
    return followed.run


async def follow_once(gateway: ClientGateway, run: Run) -> Followed:
    """`run` and everything below it as they are now."""
    followed = Followed(run.id)
    async for update in gateway.watch(Watch(root_ids=(run.root_id,))):
        await _read(gateway, followed, followed.apply(update), update.runs)
        if followed.run is not None:
            return followed
    raise NotFound(f"run {run.id} is gone")


async def _read(gateway: ClientGateway, followed: Followed, dirty: Dirty, runs: Sequence[Run]) -> News:
    entries = [
        (run_id, entry)
        for run_id in _first(followed, dirty.journals, JOURNALS_READ_MAX)
        for entry in followed.set_journal(run_id, await gateway.journal(run_id))
    ]
    logs = [
        (run_id, log)
        for run_id in _first(followed, dirty.logs, LOGS_READ_MAX)
        for log in await _read_logs(gateway, followed, run_id)
    ]
    parts = [
        (run_id, part)
        for run_id in _first(followed, dirty.streams, STREAMS_READ_MAX)
        for part in await _read_parts(gateway, followed, run_id)
    ]
    return News(runs, entries, logs, parts)


def _first(followed: Followed, run_ids: set[RunId], most: int) -> list[RunId]:
    """The followed run first, then live runs, then the others; at most `most`."""
    ranked = sorted(run_ids, key=lambda run_id: (run_id != followed.run_id, followed.runs[run_id].is_final, run_id))
    return ranked[:most]


async def _read_logs(gateway: ClientGateway, followed: Followed, run_id: RunId) -> list[Log]:
    found: list[Log] = []
    while page := await gateway.logs(run_id, after=followed.log_cursors.get(run_id, 0), limit=PAGE):
        followed.add_logs(run_id, page)
        found += page
        if len(page) < PAGE:
            break
    return found


async def _read_parts(gateway: ClientGateway, followed: Followed, run_id: RunId) -> list[Part]:
    """New parts of every stream of a run; a look at the newest ones tells which streams there are."""
    newest = await gateway.parts(run_id, None, limit=NEWEST_PARTS)
    known = followed.streams.get(run_id, {})
    found: list[Part] = []
    for name in dict.fromkeys([*known, *(part.stream for part in newest)]):
        after = known[name].last_seq if name in known else -1
        while page := await gateway.parts(run_id, name, after=after, limit=PAGE):
            followed.add_parts(run_id, page)
            found += page
            after = page[-1].seq
            if len(page) < PAGE:
                break
    return found
