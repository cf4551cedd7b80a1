"""`client.runs.subscribe`: every update of runs as it is committed, from where one was, over every kind of connection."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, cast

import msgspec

from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.ids import RunId
from runcast.domain.run import Run
from runcast.domain.watch import Update, Watch
from runcast.gateway import ClientGateway
from runcast.sdk.codec import decode_json
from runcast.sdk.doors import Door
from runcast.sdk.outside import Following
from runcast.sdk.snapshot import RunSnapshot

ENVIRONMENT = "dev"
"""Where a program lives that says nothing else."""


class RunUpdate(msgspec.Struct, frozen=True):
    """A run that changed, in its newest state."""

    run: RunSnapshot[Any]
    changes: tuple[str, ...]
    """What changed since the update before, such as `status`, `metadata`, `stream`, `log`, `artifact`; empty: this is the
    state at the beginning."""
    cursor: int
    """Where one goes on after this update: `subscribe(…, cursor=…)`."""


class Runs:
    """`client.runs`.

    >>> async for update in client.runs.subscribe(run.id):  # doctest: +SKIP
    ...     print(update.run.status, update.changes)
    """

    def __init__(self, door: Callable[[], Door]) -> None:
        self._door = door

    def subscribe(
        self,
        run_id: str | None = None,
        *,
        tree: str | None = None,
        batch: str | None = None,
        tag: str | Sequence[str] | None = None,
        environment: str = ENVIRONMENT,
        cursor: int | None = None,
    ) -> Following[RunUpdate]:
        """Updates of a run, of a `tree` (a root and everything below it), of a `batch`, or of runs with a `tag` (any of
        several) in an `environment`: `for` or `async for`.

        First comes the state (of a tag: the newest 1,000 runs), then every change. What changes twice before it is read
        is told once. It ends with the run, the root, or the last run of the batch; by tag it never does. A connection that
        breaks is made again, and goes on where it was. With the `cursor` of an update a program goes on where another
        was; one that comes after the end is told the last state again. Raises `NotFound`.
        """
        watch, what = _watch(run_id, tree, batch, tag, environment)
        return self._door().follow(lambda: Subscriber(watch, what, cursor).updates)


def _watch(
    run_id: str | None, tree: str | None, batch: str | None, tag: str | Sequence[str] | None, environment: str
) -> tuple[Watch, str]:
    """What is followed, and its name for people."""
    if sum(given is not None for given in (run_id, tree, batch, tag)) != 1:
        raise InvalidInput("subscribe to one of: a run's id, tree=, batch=, tag=")
    if run_id is not None:
        return Watch(run_ids=(RunId(run_id),)), f"run {run_id}"
    if tree is not None:
        return Watch(root_ids=(RunId(tree),)), f"run {tree}"
    if batch is not None:
        return Watch(batch_ids=(batch,)), f"batch {batch}"
    assert tag is not None
    tags = (tag,) if isinstance(tag, str) else tuple(tag)
    return Watch(tags=tags, environment=environment), "tag"


class Subscriber:
    """One reader of one subscription. It remembers how far it came, so that a new connection goes on there."""

    def __init__(self, watch: Watch, what: str, cursor: int | None) -> None:
        self._watch = watch
        self._what = what
        self._cursor = cursor
        self._is_new = True
        self._versions: dict[RunId, int] = {}
        self._told: dict[RunId, int] = {}
        """The newest change of each run that its reader has heard of."""
        self._open: set[RunId] = set()
        """Runs that have to end before it does."""

    async def updates(self, gateway: ClientGateway) -> AsyncGenerator[RunUpdate, None]:
        """Updates from where it is. Raises `NotFound` when there is no such run."""
        if self._is_new and self._cursor is not None:
            state = await self._state(gateway)
            if self._is_over(state.runs):
                for run in state.runs:
                    yield self._update(run, (), state.cursor)
                return
        source = cast(AsyncGenerator[Update, None], gateway.watch(self._watch, cursor=self._cursor))
        async with aclosing(source):
            async for update in source:
                changes = _by_run(update)
                over = self._is_over(update.runs)
                for run in sorted(update.runs, key=partial(self._place, changes)):
                    seq, kinds = changes.get(run.id, (0, ()))
                    if run.version > self._versions.get(run.id, -1) or seq > self._told.get(run.id, 0):
                        self._versions[run.id], self._told[run.id] = run.version, seq
                        yield self._update(run, kinds, update.cursor)
                # Only now: a reader that was cut off in the middle sees the rest of this update again.
                self._cursor = update.cursor
                if over:
                    return

    def _place(self, changes: Mapping[RunId, tuple[int, object]], run: Run) -> tuple[int, bool]:
        """Where a run comes among those of one update: as they changed, and at the end last what was waited for."""
        seq, _ = changes.get(run.id, (0, ()))
        return seq, run.is_final and run.id in (*self._watch.run_ids, *self._watch.root_ids)

    async def _state(self, gateway: ClientGateway) -> Update:
        source = cast(AsyncGenerator[Update, None], gateway.watch(self._watch))
        async with aclosing(source):
            return await anext(source)

    def _update(self, run: Run, kinds: tuple[str, ...], cursor: int) -> RunUpdate:
        return RunUpdate(RunSnapshot(run, decode_json), kinds, cursor)

    def _is_over(self, runs: Sequence[Run]) -> bool:
        """Whether nothing that was asked for can change any more. Raises `NotFound` for what is not there at the start."""
        if self._watch.tags:
            return False
        ends = self._watch.run_ids or self._watch.root_ids
        for run in runs:
            if not ends or run.id in ends:
                (self._open.discard if run.is_final else self._open.add)(run.id)
        if self._is_new and not runs:
            raise NotFound(f"no {self._what}")
        self._is_new = False
        return not self._open


def _by_run(update: Update) -> dict[RunId, tuple[int, tuple[str, ...]]]:
    """The newest change of each run, and what kinds there were, in order."""
    found: dict[RunId, tuple[int, tuple[str, ...]]] = {}
    for change in update.changes:
        _, kinds = found.get(change.run_id, (0, ()))
        kind = change.kind.value
        found[change.run_id] = (change.seq, kinds if kind in kinds else (*kinds, kind))
    return found
