"""Reads for clients and pages: single runs, lists, journals, logs, streams, the feed. They write nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.change import Change, ChangeKind
from runcast.domain.effect import Artifact, Log, Part
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry, Wait
from runcast.domain.limits import PAGE_ROWS_MAX, WATCHED_RUNS_MAX
from runcast.domain.run import FINAL, End, Run
from runcast.domain.usage import RunUsage, Usage, UsageItem
from runcast.gateway import Assignment, RunFilter, RunPage, TaskInfo
from runcast.store import blobs, changes
from runcast.store.claim import assigned, to_entries
from runcast.store.rows import ChangeRow, JournalRow, KeyCount, Name, ObjectRow, QueueRow, ReadyRun, TaskRow
from runcast.store.script import Script, call
from runcast.store.usage_rows import ExecutedRow, UsageRow

_TASK = msgspec.json.Decoder(TaskInfo)
_BY_STATUS = frozenset(status.value for status in FINAL) - {"COMPLETED"} | {"WAITING", "DELAYED", "PENDING_VERSION"}


def _whole(run: Run) -> Script[Run]:
    """The run with its large values fetched."""
    if not (blobs.is_blob(run.payload) or blobs.is_blob(run.output)):
        return run
    payload = yield from blobs.fetch(run.id, run.payload)
    output = None if run.output is None else (yield from blobs.fetch(run.id, run.output))
    return msgspec.structs.replace(run, payload=payload, output=output)


def _whole_all(runs: Sequence[Run]) -> Script[tuple[Run, ...]]:
    if not any(blobs.is_blob(run.payload) or blobs.is_blob(run.output) for run in runs):
        return tuple(runs)
    whole: list[Run] = []
    for run in runs:
        fetched = yield from _whole(run)
        whole.append(fetched)
    return tuple(whole)


def find_run(run_id: str) -> Script[Run | None]:
    run: Run | None = yield call("find_run", id=run_id)
    return None if run is None else (yield from _whole(run))


def runs_by_id(run_ids: Sequence[str]) -> Script[tuple[Run, ...]]:
    runs: list[Run] = yield call("runs_by_id", ids=[[id] for id in run_ids])
    return (yield from _whole_all(runs))


def whole_ends(rows: Sequence[End]) -> Script[list[End]]:
    """The same, large outputs fetched."""
    found = list(rows)
    for at, end in enumerate(rows):
        if end.output is not None and blobs.is_blob(end.output):
            output = yield from blobs.fetch(end.id, end.output)
            found[at] = msgspec.structs.replace(end, output=output)
    return found


def ends(run_ids: Sequence[str]) -> Script[tuple[list[End], list[str]]]:
    """How those of the runs ended that have, and the ids that name no run."""
    ids = [[id] for id in run_ids]
    rows: list[End] = yield call("ends", ids=ids)
    found = yield from whole_ends(rows)
    if len(found) == len(run_ids):
        return found, []
    existing: list[Name] = yield call("existing_runs", ids=ids)
    known = {row.name for row in existing}
    return found, [id for id in run_ids if id not in known]


def tree(root_id: str) -> Script[tuple[Run, ...]]:
    """A root and the runs below it: a watcher's state, so not cut at a page."""
    runs: list[Run] = yield call("list_tree", root_id=root_id, limit=WATCHED_RUNS_MAX)
    return (yield from _whole_all(runs))


def members(batch_id: str) -> Script[tuple[Run, ...]]:
    """The runs of a batch, by position; a run that existed before has the batch's position here."""
    runs: list[Run] = yield call("batch_members", batch_id=batch_id)
    positions: list[KeyCount] = yield call("member_positions", batch_id=batch_id)
    by_id = {run.id: run for run in runs}
    placed = {run.batch_position: run for run in runs if run.batch_id == batch_id}
    for row in positions:
        run = by_id[RunId(row.key)]
        placed[row.count] = msgspec.structs.replace(run, batch_id=batch_id, batch_position=row.count)
    return (yield from _whole_all([placed[position] for position in sorted(placed)]))


def list_runs(filter: RunFilter, cursor: str | None, limit: int) -> Script[RunPage]:
    """A page, newest first."""
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    runs: list[Run]
    if filter.parent_id is not None or filter.root_id is not None or filter.batch_id is not None:
        related = {"parent_id": filter.parent_id, "root_id": filter.root_id, "batch_id": filter.batch_id}
        runs = yield call("list_related", cursor=cursor, limit=limit + 1, **related, **_params(filter))
    elif _only_status(filter):
        runs = yield call(
            "list_runs_by_status",
            statuses=[[name] for name in filter.status],
            environment=filter.environment,
            cursor=cursor,
            limit=limit + 1,
        )
    else:
        runs = yield call("list_runs", cursor=cursor, limit=limit + 1, **_params(filter))
    page = yield from _whole_all(runs[:limit])
    return RunPage(page, page[-1].id if len(runs) > limit else None)


def _only_status(filter: RunFilter) -> bool:
    others = msgspec.structs.replace(filter, status=(), environment=None)
    return bool(filter.status) and set(filter.status) <= _BY_STATUS and others == RunFilter()


def _params(filter: RunFilter) -> dict[str, object]:
    return {
        "environment": filter.environment,
        "created_from": filter.created_from,
        "created_to": filter.created_to,
        "roots_only": int(filter.roots_only),
        "no_task": int(not filter.task),
        "tasks": [[name] for name in filter.task],
        "no_queue": int(not filter.queue),
        "queues": [[name] for name in filter.queue],
        "no_status": int(not filter.status),
        "statuses": [[name] for name in filter.status],
        "no_tag": int(not filter.tag),
        "tags": [[name] for name in filter.tag],
    }


def journal(run_id: str) -> Script[tuple[Entry, ...]]:
    """A run's entries, oldest first."""
    rows: list[JournalRow] = yield call("journal_rows", run_id=run_id)
    return tuple(entry for _, entry in (yield from to_entries(rows)))


def journal_entry(run_id: str, key: str) -> Script[tuple[Entry, ...]]:
    """The entry with a key, or none."""
    rows: list[JournalRow] = yield call("journal_entry", run_id=run_id, key=key)
    return tuple(entry for _, entry in (yield from to_entries(rows)))


def assignment(worker_id: str, run_id: str, epoch: int) -> Script[Assignment | None]:
    """The full assignment of a run that a worker holds under `epoch`."""
    run: ReadyRun | None = yield call("assigned_run", id=run_id, epoch=epoch, worker_id=worker_id)
    if run is None:
        return None
    queue: QueueRow = yield call("run_queue", id=run_id)
    return (yield from assigned(worker_id, queue, [run]))[0]


def logs(run_id: str, after: int, limit: int) -> Script[tuple[Log, ...]]:
    rows: list[Log] = yield call("run_logs", run_id=run_id, after=after, limit=min(limit, PAGE_ROWS_MAX))
    return tuple(rows)


def parts(run_id: str, stream: str | None, after: int, limit: int) -> Script[tuple[Part, ...]]:
    limit = min(limit, PAGE_ROWS_MAX)
    rows: list[Part]
    if stream is None:
        rows = yield call("newest_parts", run_id=run_id, limit=limit)
    else:
        rows = yield call("stream_parts", run_id=run_id, stream=stream, after=after, limit=limit)
    return tuple(rows)


def artifacts(run_id: str) -> Script[tuple[Artifact, ...]]:
    rows: list[Artifact] = yield call("run_artifacts", run_id=run_id)
    return tuple(rows)


def usage(run_id: str) -> Script[RunUsage]:
    executed: ExecutedRow = yield call("executed_of_tree", run_id=run_id)
    rows: list[UsageRow] = yield call("usage_of_tree", run_id=run_id)
    own = tuple(UsageItem(row.name, row.unit, row.quantity_micros, row.cost_nanos) for row in rows if row.own)
    sums: dict[tuple[str, str], UsageItem] = {}
    for row in rows:
        before = sums.get((row.name, row.unit), UsageItem(row.name, row.unit, 0))
        quantity, cost = before.quantity_micros + row.quantity_micros, before.cost_nanos + row.cost_nanos
        sums[row.name, row.unit] = UsageItem(row.name, row.unit, quantity, cost)
    total = Usage(executed.runs, executed.total_ms, tuple(sums.values()))
    return RunUsage(Usage(1, executed.own_ms, own), total)


def artifact(artifact_id: str) -> Script[bytes | ObjectRow | None]:
    """The bytes of an artifact, or where they are."""
    place: ObjectRow | None = yield call("artifact_object", id=artifact_id)
    if place is not None:
        return place
    data: bytes | None = yield call("artifact_data", id=artifact_id)
    return data


def to_change(row: ChangeRow) -> Change:
    kind = ChangeKind(row.kind)
    keys = changes.read_keys(kind, row.keys)
    return Change(row.seq, RunId(row.run_id), RunId(row.root_id), row.version, kind, row.status, row.at, keys)


def changes_after(cursor: int) -> Script[tuple[Change, ...]]:
    """The next page of the whole feed."""
    rows: list[ChangeRow] = yield call("changes_after", cursor=cursor, limit=PAGE_ROWS_MAX)
    return tuple(to_change(row) for row in rows)


def newest_change() -> Script[int]:
    """The feed's newest position."""
    newest: int = yield call("newest_change")
    return newest


def find_wait(wait_id: str) -> Script[Wait | None]:
    wait: Wait | None = yield call("find_wait", id=wait_id)
    return wait


def wait_by_key(environment: str, key: str) -> Script[Wait | None]:
    wait: Wait | None = yield call("wait_by_key", environment=environment, key=key)
    return wait


def open_waits(limit: int) -> Script[tuple[Wait, ...]]:
    rows: list[Wait] = yield call("open_waits", limit=min(limit, PAGE_ROWS_MAX))
    return tuple(rows)


def tasks() -> Script[tuple[TaskInfo, ...]]:
    rows: list[TaskRow] = yield call("all_tasks")
    return tuple(_TASK.decode(row.info) for row in rows)
