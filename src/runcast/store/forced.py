"""Forced cancels: slots of runs that are final while their bodies have not ended, freed by a person's word.

A slot is held as long as a body may run. A body that never ends (a thread that hangs, code that swallows its cancel) would
hold it for ever: who forces it says that the queue goes on without that slot. The body's reports are refused in any case,
because its run is final.
"""

from __future__ import annotations

from collections.abc import Sequence

from runcast.domain.durations import duration_text
from runcast.store import changes
from runcast.store.operator_rows import HeldBelow
from runcast.store.rows import Holding
from runcast.store.script import Freed, Script, call


def held_below(run_ids: Sequence[str]) -> Script[list[HeldBelow]]:
    """Bodies that have not ended although their runs have: of these runs, and of what they started."""
    found: list[HeldBelow] = yield call("held_below", ids=[[id] for id in run_ids])
    return found


def free_slots(run_ids: Sequence[str], now: int) -> Script[set[str]]:
    """Free them, and say so in their runs' logs; the ids (of those given) that had any."""
    found = yield from held_below(run_ids)
    if not found:
        return set()
    ids = list({row.id for row in found})
    ended_at = {row.id: row.finished_at for row in found}
    runs: list[Holding] = yield call("holdings", ids=[[id] for id in ids])
    yield call("release_slots", ids=[[id] for id in ids])
    yield Freed(tuple({run.queue for run in runs}))
    yield from changes.let_go(runs, now)
    rows = [(run.id, now, "warn", _said(run, now - ended_at[run.id]), None, run.attempt, "") for run in runs]
    yield call("add_logs", rows=rows)
    yield from changes.append([(run.id, run.root_id, run.version, "log", run.status, now) for run in runs])
    return {row.asked for row in found}


def _said(run: Holding, after_ms: int) -> str:
    after = duration_text(max(0, after_ms) // 1_000 * 1_000)
    return (
        f"forced: the slot was freed {after} after the run ended, although {run.worker_id} has not said that its body is "
        "gone. What that still does elsewhere goes on; what it reports is refused."
    )
