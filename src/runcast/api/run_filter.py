"""Which runs a list's query asks for."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from runcast.api.caller import Caller
from runcast.api.errors import Refused
from runcast.api.filters import FILTER_CHARS_MAX, CreatedFrom, CreatedTo, Period, created_range, words
from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.domain.nearest import did_you_mean
from runcast.domain.run import RunStatus
from runcast.gateway import RunFilter

_QUEUE_OF_TASK = "task/"


def _list_parameter(name: str, description: str) -> QueryParameter:
    return QueryParameter(
        name=f"filter[{name}]", max_length=FILTER_CHARS_MAX, description=f"{description} Several with commas between."
    )


class RunQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of a list of runs, as they were sent."""

    status: str | None = None
    task: str | None = None
    tag: str | None = None
    queue: str | None = None
    machine: str | None = None
    region: str | None = None
    version: str | None = None
    schedule: str | None = None
    batch: str | None = None
    bulk_action: str | None = None
    parent: str | None = None
    root: str | None = None
    is_test: bool | None = None
    roots_only: bool = False
    period: str | None = None
    since: str | None = None
    until: str | None = None


def run_query(
    status: Annotated[str | None, _list_parameter("status", "Statuses, as runs show them.")] = None,
    task: Annotated[str | None, _list_parameter("taskIdentifier", "Tasks.")] = None,
    tag: Annotated[str | None, _list_parameter("tag", "Tags; a run has any of them.")] = None,
    queue: Annotated[str | None, _list_parameter("queue", "Queues; `task/<id>` is that of a task.")] = None,
    machine: Annotated[str | None, _list_parameter("machine", "Machines.")] = None,
    region: Annotated[str | None, _list_parameter("region", "Regions.")] = None,
    version: Annotated[str | None, _list_parameter("version", "Runs have none here: finds nothing.")] = None,
    schedule: Annotated[str | None, QueryParameter(name="filter[schedule]", description="Started by it.")] = None,
    batch: Annotated[str | None, QueryParameter(name="filter[batch]", description="Members of it.")] = None,
    bulk_action: Annotated[
        str | None, QueryParameter(name="filter[bulkAction]", description="Canceled or made by it.")
    ] = None,
    parent: Annotated[str | None, QueryParameter(name="filter[parent]", description="Children of a run.")] = None,
    root: Annotated[str | None, QueryParameter(name="filter[root]", description="A run with all below it.")] = None,
    is_test: Annotated[bool | None, QueryParameter(name="filter[isTest]")] = None,
    roots_only: Annotated[
        bool | None, QueryParameter(name="filter[rootsOnly]", description="Leave out children.")
    ] = None,
    period: Period = None,
    since: CreatedFrom = None,
    until: CreatedTo = None,
) -> RunQuery:
    """A dependency of the routes that list runs."""
    return RunQuery(
        status=status,
        task=task,
        tag=tag,
        queue=queue,
        machine=machine,
        region=region,
        version=version,
        schedule=schedule,
        batch=batch,
        bulk_action=bulk_action,
        parent=parent,
        root=root,
        is_test=is_test,
        roots_only=bool(roots_only),
        period=period,
        since=since,
        until=until,
    )


def read_query(query: RunQuery, environment: str, *, now_ms: int) -> RunFilter | None:
    """The filter, or None: nothing can fit. Raises `InvalidInput`."""
    if words(query.version, "filter[version]"):
        return None
    created_from, created_to = created_range(query.period, query.since, query.until, now_ms=now_ms)
    return RunFilter(
        environment=environment,
        shown=check_statuses(words(query.status, "filter[status]")),
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
        roots_only=query.roots_only,
        created_from=created_from,
        created_to=created_to,
    )


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
