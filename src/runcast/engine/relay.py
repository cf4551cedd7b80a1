"""Carries out what an outbox in a user's database holds: starts the runs, completes the waits, then deletes the rows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import msgspec

from runcast.domain.errors import InvalidInput, RuncastError, Unavailable
from runcast.domain.ids import WaitId
from runcast.domain.limits import OUTBOX_LOOK_MS, OUTBOX_ROWS, PAYLOAD_BYTES_MAX
from runcast.domain.outbox import COMPLETE_WAIT, TRIGGER, Completion, OutboxRow
from runcast.domain.run import NewRun
from runcast.engine.enqueue import check, check_json
from runcast.store.outboxes import Outbox
from runcast.store.relay import relay
from runcast.store.store import Store

T = TypeVar("T")
Asked = NewRun | Completion
log = logging.getLogger("runcast.engine")
_NEW_RUN = msgspec.json.Decoder(NewRun)


class Relay:
    """A tick takes some rows, carries them out in one commit, and deletes them.

    A crash between the two leaves rows that were carried out: the store knows their ids, and they are deleted next time.
    What the engine refuses is told once, and set aside in the outbox with the reason.
    """

    name = "outbox"

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox
        # One thread: a connection is used by one at a time, and closed after its last use.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="runcast-outbox")

    async def tick(self, now: int) -> int | None:
        rows = await self._blocking(partial(self._outbox.take, OUTBOX_ROWS))
        if not rows:
            return now + OUTBOX_LOOK_MS
        try:
            refused = await self._carry_out(rows)
        except Exception:
            await self._blocking(self._outbox.release)
            raise
        done = [row.seq for row in rows if row.seq not in refused]
        await self._blocking(partial(self._outbox.settle, done, list(refused.items())))
        for row in rows:
            if row.seq in refused:
                reason = refused[row.seq]
                log.error("%s: row %d (%s %s) is set aside: %s", self._outbox.name, row.seq, row.kind, row.id, reason)
        return now

    def close(self) -> None:
        """Let go of the outbox once its thread is free; does not wait for that."""
        self._thread.submit(self._outbox.close)
        self._thread.shutdown(wait=False)

    async def _carry_out(self, rows: Sequence[OutboxRow]) -> dict[int, str]:
        """The reasons of what was refused, by row. Raises `Unavailable`."""
        asked: dict[int, Asked] = {}
        refused: dict[int, str] = {}
        for row in rows:
            try:
                asked[row.seq] = _read(row)
            except (RuncastError, msgspec.MsgspecError) as error:
                refused[row.seq] = str(error)
        if asked and (await self._stored([list(asked.values())]))[0] is not None:
            # One of them keeps the others from being stored: each for itself, still in order and in few commits.
            ends = await self._stored([[one] for one in asked.values()])
            refused.update((seq, _reason(end)) for seq, end in zip(asked, ends, strict=True) if end is not None)
        return refused

    async def _stored(self, groups: Sequence[Sequence[Asked]]) -> list[Exception | None]:
        """What went wrong with each group; nothing of such a group is kept. Raises `Unavailable`."""
        now = self._store.clock.now_ms()
        writes = [self._store.write(partial(relay, group, now)) for group in groups]
        ends = await asyncio.gather(*writes, return_exceptions=True)
        for end in ends:
            if isinstance(end, Unavailable) or (end is not None and not isinstance(end, Exception)):
                raise end
        return [end if isinstance(end, Exception) else None for end in ends]

    async def _blocking(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def _read(row: OutboxRow) -> Asked:
    """What a row asks for. Raises `InvalidInput`, or msgspec's errors, for what `runcast.outbox` did not write."""
    if row.kind == TRIGGER:
        run = _NEW_RUN.decode(row.body)
        check(run)
        return run
    if row.kind == COMPLETE_WAIT:
        check_json("value", row.body, PAYLOAD_BYTES_MAX)
        return Completion(WaitId(row.id), row.body)
    raise InvalidInput(f"a row asks for {row.kind!r}, which this release does not know")


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, RuncastError) else f"{type(error).__name__}: {error}"
