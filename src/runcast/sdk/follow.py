"""What follows runs: it remembers how far it came, so that a new connection goes on there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Generic, TypeVar, cast

from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId
from runcast.domain.run import Run
from runcast.gateway import ClientGateway, Update, Watch
from runcast.sdk.snapshot import RunSnapshot

T = TypeVar("T")


class Follower(Generic[T]):
    """One reader of one watch, until the run `until` has ended. Each state of a run is seen once, newest only."""

    def __init__(self, watch: Watch, until: RunId, decode: Callable[[str], T]) -> None:
        self._watch = watch
        self._until = until
        self._decode = decode
        self._cursor: int | None = None
        self._versions: dict[RunId, int] = {}

    async def updates(self, gateway: ClientGateway) -> AsyncGenerator[RunSnapshot[T], None]:
        """Snapshots from where it is. Raises `NotFound` when there is no such run."""
        source = cast(AsyncGenerator[Update, None], gateway.watch(self._watch, cursor=self._cursor))
        async with aclosing(source):
            async for update in source:
                for run in update.runs:
                    if self._is_new(run):
                        yield RunSnapshot(run, self._decode)
                # Only now: a reader that was cut off in the middle sees the rest of this update again.
                self._cursor = update.cursor
                if self._until not in self._versions:
                    raise NotFound(f"no run {self._until} in this database")
                if any(run.id == self._until and run.is_final for run in update.runs):
                    return

    def _is_new(self, run: Run) -> bool:
        if run.version <= self._versions.get(run.id, -1):
            return False
        self._versions[run.id] = run.version
        return True


def follow_one(run_id: RunId, decode: Callable[[str], T]) -> Follower[T]:
    """Follow a run."""
    return Follower(Watch(run_ids=(run_id,)), run_id, decode)


def follow_tree(root_id: RunId, decode: Callable[[str], Any]) -> Follower[Any]:
    """Follow a root and every run below it."""
    return Follower(Watch(root_ids=(root_id,)), root_id, decode)
