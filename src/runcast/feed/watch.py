"""Follows runs: the state, then every change after it, without a gap, from any cursor the feed still holds.

A subscriber pulls at its own pace; what changed twice meanwhile it sees once, in its newest state. So a slow one costs
the engine nothing, and one whose cursor was pruned gets the whole state again, marked `resync`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from runcast.feed.doorbell import Doorbell
from runcast.gateway import Update, Watch
from runcast.store import watched
from runcast.store.store import Store


async def follow(store: Store, doorbell: Doorbell, watch: Watch, cursor: int | None) -> AsyncIterator[Update]:
    """Updates for ever; close the iterator to stop."""
    with doorbell.listening() as rung:
        if cursor is None:
            state = await store.read(partial(watched.watched_state, watch))
            yield state
            cursor = state.cursor
        while True:
            rung.clear()
            update = await store.read(partial(watched.watched_changes, watch, cursor))
            moved = update.cursor != cursor
            cursor = update.cursor
            if update.changes or update.resync:
                yield update
            if not moved:
                await rung.wait()
