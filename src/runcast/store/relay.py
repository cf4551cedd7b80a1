"""Carries out what an outbox holds, each row once, however often it is read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from runcast.domain.errors import InvalidPayload, NotFound
from runcast.domain.fits import misfit
from runcast.domain.ids import RunId
from runcast.domain.limits import RELAYED_MS, TICK_ROWS_MAX
from runcast.domain.outbox import Completion
from runcast.domain.run import NewRun
from runcast.store import reads, resolve
from runcast.store.enqueue import enqueue
from runcast.store.rows import Name
from runcast.store.script import Script, call


def relay(asked: Sequence[NewRun | Completion], now: int) -> Script[None]:
    """Store the runs and complete the waits, in order. A run whose id was relayed before, or exists, is done already.

    Raises `NotFound` for a wait that does not exist, `InvalidPayload` for a value that it does not take.
    """
    runs = {one.id: one for one in asked if isinstance(one, NewRun)}
    fresh = (yield from _unknown(runs)) if runs else set[RunId]()
    for kind, group in groupby(asked, type):
        if kind is NewRun:
            new = [runs[one.id] for one in group if isinstance(one, NewRun) and one.id in fresh]
            fresh -= {run.id for run in new}
            # The transaction that asked for them is committed: nobody could be told that a queue is full.
            yield from enqueue(list({run.id: run for run in new}.values()), now, owed=True)
        else:
            for one in group:
                assert isinstance(one, Completion)
                yield from _complete(one, now)
    if runs:
        yield call("put_relayed", rows=[(id, now) for id in runs])
        yield call("forget_relayed", before=now - RELAYED_MS, limit=TICK_ROWS_MAX)


def _unknown(runs: dict[RunId, NewRun]) -> Script[set[RunId]]:
    ids = [[id] for id in runs]
    relayed: list[Name] = yield call("relayed", ids=ids)
    existing: list[Name] = yield call("existing_runs", ids=ids)
    return set(runs) - {RunId(row.name) for row in (*relayed, *existing)}


def _complete(asked: Completion, now: int) -> Script[None]:
    wait = yield from reads.find_wait(asked.wait_id)
    if wait is None:
        raise NotFound(f"no wait {asked.wait_id}")
    if wait.completed_at is None and (what := misfit(wait.schema, asked.value)):
        raise InvalidPayload(f"value of wait {asked.wait_id}: {what}")
    yield from resolve.complete_wait(asked.wait_id, asked.value, now)
