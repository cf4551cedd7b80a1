"""Removes files that are due, and from the blob store what no row refers to: after the rows went, or when no commit came."""

from __future__ import annotations

from functools import partial

from runcast.blobs.bucket import Bucket
from runcast.domain.limits import TICK_ROWS_MAX
from runcast.store import files, objects
from runcast.store.store import Store

_OBJECTS = min(TICK_ROWS_MAX, 200)
_PAUSE_MS = 50
_REST_MS = 60_000


class RemoveObjects:
    """A tick deletes one bounded piece, between two commits: one that dooms, one that forgets.

    A process that is killed in between leaves doomed rows: who ticks next deletes the same objects, which does no harm.
    """

    name = "remove_objects"

    def __init__(self, store: Store, bucket: Bucket | None) -> None:
        self._store = store
        self._bucket = bucket

    async def tick(self, now: int) -> int | None:
        if await self._store.read(partial(files.due, now)):
            await self._store.write(partial(files.remove_due, now), lazy=True)
            return now + _PAUSE_MS
        if self._bucket is None:
            return now + _REST_MS
        doomed = await self._store.write(partial(objects.doom, now, _OBJECTS))
        if not doomed:
            return now + _REST_MS
        await self._bucket.delete([row.key for row in doomed])
        await self._store.write(partial(objects.forget, doomed), lazy=True)
        return now + _PAUSE_MS
