"""Which runs a list's query asks for."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from runcast.api.caller import Caller
from runcast.api.errors import Refused
from runcast.api.filters import FILTER_CHARS_MAX, CreatedFrom, CreatedTo, Period, created_range, words
from runcast.domain.durations import duration_ms
from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.domain.nearest import did_you_mean
from runcast.domain.run import RunStatus
from runcast.gateway import RunFilter

TEXT_CHARS_MAX = 200
OUTCOMES = ("completed", "partial", "failed")
"""Of runs that count their items, by `Counts.outcome`."""
_QUEUE_OF_TASK = "task/"
_FAILURES = frozenset({RunStatus.FAILED, RunStatus.TIMED_OUT, RunStatus.CRASHED, RunStatus.SYSTEM_FAILURE})


def _words(name: str, description: str) -> QueryParameter:
    return QueryParameter(
        name=f"filter[{name}]", max_length=FILTER_CHARS_MAX, description=f"{description} Several with commas between."
    )


def _one(name: str, description: str | None = None) -> QueryParameter:
    return QueryParameter(name=f"filter[{name}]", description=description)


class RunQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of a list of runs, as they were sent: a dependency of the routes that list runs."""

    status: Annotated[str | None, _words("status", "Statuses, as runs show them.")] = None
    task: Annotated[str | None, _words("taskIdentifier", "Tasks.")] = None
    tag: Annotated[str | None, _words("tag", "Tags; a run has any of them.")] = None
    queue: Annotated[str | None, _words("queue", "Queues; `task/<id>` is that of a task.")] = None
    machine: Annotated[str | None, _words("machine", "Machines.")] = None
    region: Annotated[str | None, _words("region", "Regions.")] = None
    worker: Annotated[str | None, _words("worker", "Ids of workers: who executed it last.")] = None
    version: Annotated[str | None, _words("version", "Versions of the code of those workers.")] = None
    schedule: Annotated[str | None, _one("schedule", "Started by it.")] = None
    batch: Annotated[str | None, _one("batch", "Members of it.")] = None
    bulk_action: Annotated[str | None, _one("bulkAction", "Canceled or made by it.")] = None
    parent: Annotated[str | None, _one("parent", "Children of a run.")] = None
    root: Annotated[str | None, _one("root", "A run with all below it.")] = None
    is_test: Annotated[bool | None, _one("isTest")] = None
    roots_only: Annotated[bool | None, _one("rootsOnly", "Leave out children.")] = None
    has_error: Annotated[bool | None, _one("hasError", "It failed, timed out or crashed; or it did not.")] = None
    outcome: Annotated[
        str | None, _words("outcome", "What became of the items that it counted: `completed`, `partial`, `failed`.")
    ] = None
    text: Annotated[
        str | None,
        QueryParameter(name="filter[text]", max_length=TEXT_CHARS_MAX, description="Somewhere in its id or its task."),
    ] = None
    took_min: Annotated[
        str | None, _one("durationMin", "From start to end, or until now: at least this, such as `5m`.")
    ] = None
    took_max: Annotated[str | None, _one("durationMax", "At most this.")] = None
    period: Period = None
    since: CreatedFrom = None
    until: CreatedTo = None


def read_query(query: RunQuery, environment: str, *, now_ms: int) -> RunFilter | None:
    """The filter, or None: nothing can fit. Raises `InvalidInput`."""
    shown = shown_statuses(check_statuses(words(query.status, "filter[status]")), has_error=query.has_error)
    if shown is None:
        return None
    created_from, created_to = created_range(query.period, query.since, query.until, now_ms=now_ms)
    return RunFilter(
        environment=environment,
        shown=shown,
        task=words(query.task, "filter[taskIdentifier]"),
        tag=words(query.tag, "filter[tag]"),
        queue=queue_names(words(query.queue, "filter[queue]")),
        machine=words(query.machine, "filter[machine]"),
        region=words(query.region, "filter[region]"),
        schedule_id=query.schedule or None,
        batch_id=query.batch or None,
        bulk_id=query.bulk_action or None,
        parent_id=RunId(query.parent) if query.parent else None,
        root_id=RunId(query.root) if query.root else None,
        is_test=query.is_test,
        roots_only=bool(query.roots_only),
        worker=words(query.worker, "filter[worker]"),
        version=words(query.version, "filter[version]"),
        outcome=check_outcomes(words(query.outcome, "filter[outcome]")),
        text=(query.text or "").strip() or None,
        took_min_ms=took_ms(query.took_min, "filter[durationMin]"),
        took_max_ms=took_ms(query.took_max, "filter[durationMax]"),
        as_of=now_ms if query.took_min or query.took_max else None,
        created_from=created_from,
        created_to=created_to,
    )


def shown_statuses(statuses: tuple[str, ...], *, has_error: bool | None) -> tuple[str, ...] | None:
    """Which statuses may fit; None: none of them, an empty tuple: all.

    >>> shown_statuses(("FAILED", "COMPLETED"), has_error=True), shown_statuses(("COMPLETED",), has_error=True)
    (('FAILED',), None)
    """
    if has_error is None:
        return statuses
    wanted = tuple(name for name in statuses or map(str, RunStatus) if (name in _FAILURES) is has_error)
    return wanted or None


def check_outcomes(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same. Raises `InvalidInput` for one that is none."""
    for name in names:
        if name not in OUTCOMES:
            raise InvalidInput(f"no outcome {name[:100]!r}.{did_you_mean(name, OUTCOMES)} Known: {', '.join(OUTCOMES)}")
    return names


def took_ms(text: str | None, name: str) -> int | None:
    return duration_ms(text.strip(), name=name) if text and text.strip() else None


def check_statuses(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same. Raises `InvalidInput` for one that is none."""
    for name in names:
        if name not in RunStatus.__members__:
            known = ", ".join(RunStatus)
            raise InvalidInput(f"no status {name[:100]!r}.{did_you_mean(name, RunStatus.__members__)} Known: {known}")
    return names


def queue_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """As the engine names queues.

    >>> queue_names(("task/hello", "mail"))
    ('hello', 'mail')
    """
    return tuple(name.removeprefix(_QUEUE_OF_TASK) for name in names)


def require_list(caller: Caller, tasks: tuple[str, ...]) -> None:
    """Raises a 403 unless the caller may read all runs, or those of all tasks that are asked for."""
    if caller.may("read", ["runs"]) or (tasks and all(caller.may("read", [f"tasks:{task}"]) for task in tasks)):
        return
    raise Refused(
        403,
        "Unauthorized: this needs the scope read:runs, or read:tasks:<id> of every task in filter[taskIdentifier]",
        code="unauthorized",
        param="access_token",
    )
