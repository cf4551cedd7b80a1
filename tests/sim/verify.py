"""Compares what a world left in its database with what the oracle says, and lets the doctor look at it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import msgspec

from tests.sim.databases import Database
from tests.sim.oracle import ExpectedRun, expect_roots
from tests.sim.programs import Program
from tests.sim.schedules import SimSchedule
from tests.sim.tasks import HOOKED, SUCCESSES, WAITS


class Found(msgspec.Struct, frozen=True):
    """A run as the database has it."""

    id: str
    program: str
    status: str
    output: str | None
    parent_id: str | None
    parent_key: str | None
    generation: int
    batch_position: int
    metadata: str
    tags: str
    parked_reason: str | None

    @property
    def place(self) -> tuple[str | None, str | None, int]:
        """What its successors and predecessors share with it."""
        return (self.parent_id, self.parent_key, self.batch_position)


_RUNS = """
select id, payload ->> '$.program.id', status, output, parent_id, parent_key, generation, batch_position, metadata, tags,
  parked_reason
from runs
"""


def verify(
    database: Database,
    programs: tuple[Program, ...],
    schedules: tuple[SimSchedule, ...] = (),
    operated: tuple[Program, ...] = (),
) -> list[str]:
    """What is wrong, in sentences."""
    expected = expect_roots([*programs, *operated, *(schedule.program for schedule in schedules)])
    runs = [Found(*row) for row in database.execute(_RUNS)]
    faults = [f"doctor: {finding.law}: {', '.join(finding.subjects)}" for finding in database.findings()]
    for run in runs:
        faults += _verify_end(run, expected[run.program])
        faults += _verify_hooks(run, expected[run.program].program.queue)
    faults += _verify_marks(database, runs, expected)
    roots = Counter(run.program for run in runs if run.parent_id is None)
    faults += [f"I1: root {program.id} has {roots[program.id]} runs" for program in programs if roots[program.id] != 1]
    return faults


def _verify_end(run: Found, expected: ExpectedRun) -> list[str]:
    if run.parked_reason is not None:
        return [f"{run.id} ({run.program}) is parked: {run.parked_reason}"]
    if run.status not in expected.statuses:
        return [f"{run.id} ({run.program}) ended {run.status}, not {sorted(expected.statuses)}"]
    if run.status == "COMPLETED" and not expected.accepts(json.loads(run.output or "null")):
        return [f"{run.id} ({run.program}) gave {run.output}"]
    return []


def _verify_hooks(run: Found, queue: str) -> list[str]:
    """A run that completed has had its `on_success` hook, whose effect counts once."""
    found = json.loads(run.metadata).get(SUCCESSES, 0)
    least = int(run.status == "COMPLETED" and queue in HOOKED)
    if least <= found <= int(queue in HOOKED):
        return []
    return [f"{run.id} ({run.program}): its on_success hook counted {found} times, and it is {run.status}"]


def _verify_marks(database: Database, runs: list[Found], expected: dict[str, ExpectedRun]) -> list[str]:
    """An effect counts once over a run and the predecessors whose journals it adopted."""
    programs = {run.id: run.program for run in runs}
    lineages: defaultdict[Any, list[Found]] = defaultdict(list)
    for run in runs:
        parent = expected[programs[run.parent_id]].program if run.parent_id else None
        adopting = parent is not None and parent.rounds == 1
        lineages[run.place if adopting else run.id].append(run)
    counts = _counts(database)
    faults = []
    for lineage in lineages.values():
        lineage.sort(key=lambda run: run.generation)
        last = lineage[-1]
        own = expected[last.program].own
        seen: Counter[str] = Counter()
        for run in lineage:
            seen.update(counts[run.id])
        seen.update(_metadata_counts(last))
        faults += [
            f"{last.id} ({last.program}): {label} ({count.kind}) is there {seen[label]} times, not {count.low} to {count.high}"
            for label, count in own.items()
            if not count.allows(seen[label])
        ]
        faults += [f"{last.id} ({last.program}): nobody made {label}" for label in set(seen) - set(own)]
    return faults


def _counts(database: Database) -> defaultdict[str, Counter[str]]:
    """Marks that are rows of their own."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for query in (
        "select run_id, stream, count(*) from parts where kind = 'data' and superseded = 0 group by 1, 2",
        "select run_id, message, count(*) from logs where level = 'info' group by 1, 2",
        "select run_id, name, count(*) from artifacts group by 1, 2",
        "select run_id, name, sum(quantity_micros) / 1000000 from usage group by 1, 2",
    ):
        for run_id, label, count in database.execute(query):
            counts[str(run_id)][str(label)] += int(count)
    return counts


def _metadata_counts(run: Found) -> Counter[str]:
    counts: Counter[str] = Counter(dict.fromkeys(json.loads(run.tags), 1))
    for label, value in json.loads(run.metadata).items():
        if label in (SUCCESSES, WAITS):
            continue
        counts[label] += len(value) if isinstance(value, list) else value
    return counts
