"""I13: a run that ended, executed once more over its journal, does nothing and comes to the same."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgspec

from runcast.store.script import READY, Script
from tests.sim.databases import Database
from tests.sim.programs import Catch, Gather, Group, Program, Receive, Select, Seq, Timeout

_REOPEN = """
update runs
set status = 'QUEUED', finished_at = null, output = null, fresh = 0, held = 0, slot = 0, worker_id = null, journaled = 1
where id = ?
"""
_UNCOUNT = """
update tallies
set count = count - 1
where status = 'COMPLETED' and exists (
  select 1 from runs r
  where r.id = ? and r.environment = tallies.environment and r.task = tallies.task
    and r.created_at / tallies.span_ms * tallies.span_ms = tallies.at)
"""
_RECORDS = (
    "select * from journal where run_id = ? order by key",
    "select * from applied where run_id = ? order by scope",
    "select stream, seq, kind, value, scope, superseded from parts where run_id = ? order by stream, seq",
    "select message from logs where run_id = ? order by seq",
    "select id, name from artifacts where run_id = ? order by id",
    "select output, metadata, tags from runs where id = ?",
    "select count(*) from runs where parent_id = ?",
)


def reopen(database: Database, random: Random) -> str | None:
    """Queue a completed run again, as nobody else may; its id, or None where none fits."""
    rows = database.execute("select id, payload from runs where status = 'COMPLETED' order by id")
    fitting = [
        str(id) for id, payload in rows if _is_whole(msgspec.convert(json.loads(str(payload))["program"], Program))
    ]
    if not fitting:
        return None
    chosen = random.choice(fitting)
    database.execute(_UNCOUNT, (chosen,))
    database.execute(_REOPEN, (chosen,))
    database.execute("delete from temp.violations")
    return chosen


def ring() -> Script[None]:
    """A run became ready behind the engine's back: say so."""
    yield READY


def records(database: Database, run_id: str) -> list[list[Any]]:
    """Everything that the run has to show."""
    return [database.execute(query, (run_id,)) for query in _RECORDS]


def _is_whole(program: Program) -> bool:
    """Nothing of the body was cut off before it could be recorded."""

    def whole(node: Any) -> bool:
        if isinstance(node, Select | Timeout | Catch):
            return False
        if isinstance(node, Receive):
            return node.patience_ms is None
        return not isinstance(node, Seq | Gather | Group) or all(whole(item) for item in node.items)

    return program.max_attempts == 1 and whole(program.body)
