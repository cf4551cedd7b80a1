"""Removes finished runs, and all that belongs to them, after their retention.

A sweep walks from the newest root that could go to the oldest, a page at a time and beside the writer; what is past the
retention of its task and status is then removed in pieces, each of which looks again.

    resting    nothing is left to remove; an hour later a sweep begins
    walking    a cursor, and roots that were found but are not removed yet
    tidying    every root was looked at; the feed and other leavings go
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from functools import partial

from runcast.domain.ids import make_id
from runcast.domain.retention import Retention
from runcast.domain.run import RunStatus
from runcast.store import prune
from runcast.store.rows import RootRun
from runcast.store.store import Store

_PAUSE_MS = 50
_REST_MS = 3_600_000
_ROOTS = 200


class Prune:
    """A tick removes one bounded piece; it rests for an hour when nothing is left."""

    name = "prune"

    def __init__(self, store: Store, *, retention: Retention) -> None:
        self._store = store
        self._retention = retention
        self._sweep: Sweep | None = None

    async def tick(self, now: int) -> int | None:
        sweep = self._sweep
        if sweep is None:
            policies = await self._store.read(prune.policies)
            sweep = self._sweep = Sweep(now, self._retention, policies)
        if not sweep.doomed and sweep.cursor is not None:
            page = await self._store.read(partial(prune.walk, sweep.cursor))
            sweep.look(page.roots)
            sweep.cursor = page.cursor
        if sweep.doomed:
            await self._store.write(partial(prune.remove, sweep.take(_ROOTS)), lazy=True)
            return now + _PAUSE_MS
        if sweep.cursor is not None:
            return now + _PAUSE_MS
        if await self._store.write(partial(prune.tidy, now - self._retention.keep_ms), lazy=True):
            return now + _PAUSE_MS
        self._sweep = None
        return now + _REST_MS


class Sweep:
    """One walk over finished roots, from new to old: what of them may go."""

    def __init__(self, now: int, default: Retention, policies: dict[tuple[str, str], Retention]) -> None:
        self._now = now
        self._default = default
        self._policies = policies
        self._kept: Counter[tuple[str, str]] = Counter()
        self.doomed: deque[tuple[str, int]] = deque()
        """Roots, with the time before which all of their tree must have ended."""
        rules = [default, *policies.values()]
        # Who keeps a number of the newest has to be shown those too.
        at = now + 1 if any(rule.last for rule in rules) else now - min(rule.shortest_ms for rule in rules)
        self.cursor: str | None = make_id("run", at_ms=max(0, at), chance=0)
        """Ids below it are still to be looked at."""

    def look(self, roots: Sequence[RootRun]) -> None:
        """Decide over the next page."""
        for root in roots:
            task = (root.environment, root.task)
            rule = self._policies.get(task, self._default)
            if self._kept[task] < rule.last:
                self._kept[task] += 1
                continue
            before = self._now - rule.of(RunStatus(root.status))
            if root.finished_at < before:
                self.doomed.append((root.id, before))

    def take(self, count: int) -> list[tuple[str, int]]:
        """The next roots to remove."""
        return [self.doomed.popleft() for _ in range(min(count, len(self.doomed)))]
