"""What a database holds of runs when all is over, in a form that two lives can be compared by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from runcast.domain.journal import Entry, EntryKind
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.run import Run
from runcast.gateway import ClientGateway, RunFilter
from runcast.store import reads
from runcast.store.store import Store

_MAX = 1_000_000
_CHANCE = frozenset({EntryKind.VALUE, EntryKind.CREATE})
"""Kinds whose value is another one in each life, and yet recorded once."""


async def read_runs(gateway: ClientGateway) -> list[Run]:
    """Every run, oldest first."""
    found: list[Run] = []
    cursor: str | None = None
    while True:
        page = await gateway.list_runs(RunFilter(), cursor=cursor, limit=PAGE_ROWS_MAX)
        found += page.runs
        cursor = page.cursor
        if cursor is None:
            return found[::-1]


async def read_records(gateway: ClientGateway) -> dict[str, Any]:
    """Everything that was recorded, by run; what only tells when or in which attempt is left out."""
    runs = await read_runs(gateway)
    return {name: await _read_run(gateway, run) for run, name in zip(runs, names(runs), strict=True)}


def names(runs: Sequence[Run]) -> list[str]:
    """What messages call each run: its task, with the way to it from the root."""
    found: dict[str, str] = {}
    taken: dict[str, int] = {}
    for run in sorted(runs, key=lambda run: run.depth):
        name = run.task
        if run.parent_id in found:
            place = f"[{run.batch_position}]" if run.batch_id else ""
            name = f"{found[run.parent_id]} > {run.parent_key or run.task}{place}"
        taken[name] = taken.get(name, 0) + 1
        found[run.id] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    return [found[run.id] for run in runs]


async def _read_run(gateway: ClientGateway, run: Run) -> dict[str, Any]:
    streams = await gateway.parts(run.id, None, limit=_MAX)
    artifacts = await gateway.artifacts(run.id)
    logs = await gateway.logs(run.id, limit=_MAX)
    return {
        "status": str(run.status),
        "output": _json(run.output),
        "error": None if run.error is None else f"{run.error.type}: {run.error.message}",
        "metadata": _json(run.metadata),
        "tags": sorted(run.tags),
        "journal": {entry.key: _entry(entry) for entry in await gateway.journal(run.id)},
        # Branches append side by side: their order may differ, what they appended may not.
        "streams": sorted(f"{part.stream}: {part.value}" for part in streams if _counts(part.kind, part.superseded)),
        "artifacts": sorted(f"{artifact.name} ({artifact.size} bytes)" for artifact in artifacts),
        "logs": sorted(log.message for log in logs if log.scope),
    }


def _counts(kind: str, superseded: bool) -> bool:  # noqa: FBT001
    return kind == "data" and not superseded


def _entry(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": str(entry.kind), "name": entry.name, "status": str(entry.status)}
    if entry.error is not None:
        found["error"] = f"{entry.error.type}: {entry.error.message}"
    elif entry.kind not in _CHANCE:
        found["value"] = _json(entry.value)
    return found


def _json(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)


Snapshot = dict[str, str]
"""What there is, by a name for it, with its state."""


def snapshot(store: Store) -> Snapshot:
    """The runs and entries that the writer sees now, also those not committed yet. On the writer's thread."""
    page = store.read_now(partial(reads.list_runs, RunFilter(), None, PAGE_ROWS_MAX))
    runs = page.runs[::-1]
    found: Snapshot = {}
    for run, name in zip(runs, names(runs), strict=True):
        found[f"run {name}"] = str(run.status)
        for entry in store.read_now(partial(reads.journal, run.id)):
            found[f"{entry.kind} {entry.name or entry.key} ({entry.key}) of {name}"] = str(entry.status)
    return found


def changed(before: Snapshot, after: Snapshot) -> list[str]:
    """What a commit changed, in words."""
    return [f"{name}: {state}" for name, state in after.items() if before.get(name) != state]
