"""Carries out bulk actions, a bounded piece of each per tick. Where they are is stored: a restart goes on from there.

Engines that share a database may all tick: a piece counts only from the place where the action is.
"""

from __future__ import annotations

from functools import partial

from runcast.domain.errors import Conflict, NotFound, Overloaded
from runcast.domain.ids import RunId
from runcast.domain.limits import BULK_ACTIONS_PER_TICK
from runcast.engine.again import repeat, resume_run
from runcast.store import bulk, reads, requests
from runcast.store.bulk import Piece
from runcast.store.rows import BulkRow
from runcast.store.script import Script
from runcast.store.store import Store

_LOOK_MS = 5_000
_PAUSE_MS = 10
_FORGET_MS = 600_000
_FULL_MS = 1_000
"""After a queue had no room."""


class BulkActions:
    """A tick carries out one piece of each action that is pending, and forgets old answers and tokens."""

    name = "bulk_actions"

    def __init__(self, store: Store) -> None:
        self._store = store
        self._forget_at = 0

    async def tick(self, now: int) -> int | None:
        pieces = await self._store.read(partial(bulk.next_pieces, BULK_ACTIONS_PER_TICK))
        pause_ms = _PAUSE_MS
        for piece in pieces:
            try:
                await self._carry_out(piece, now)
            except Overloaded:
                pause_ms = _FULL_MS
        if pieces:
            return now + pause_ms
        if now >= self._forget_at:
            await self._store.write(partial(requests.forget, now), lazy=True)
            self._forget_at = now + _FORGET_MS
        return now + _LOOK_MS

    async def _carry_out(self, piece: Piece, now: int) -> None:
        if piece.action.kind == "cancel":
            await self._store.write(partial(bulk.cancel, piece, now))
            return
        action = piece.action
        if action.kind == "resume":
            await self._store.write(partial(bulk.carry_out, piece, partial(_resume, action, now), now))
            return
        runs = await self._store.read(partial(reads.runs_by_id, piece.run_ids))
        again = [
            repeat(run, RunId(bulk.replay_id(action, run.id, now)), region=action.region, bulk_action=action.id)
            for run in runs
        ]
        await self._store.write(partial(bulk.replay, piece, again, now))


def _resume(action: BulkRow, now: int, run_id: str) -> Script[str | None]:
    try:
        resumed = yield from resume_run(RunId(run_id), RunId(bulk.replay_id(action, run_id, now)), now)
    except (Conflict, NotFound):
        return None
    return resumed.id
