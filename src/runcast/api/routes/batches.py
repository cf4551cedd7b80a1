"""Batches: opened, filled with items, and what became of them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, HeaderParameter
from msgspec.structs import replace

from runcast.api.admit import request_digest
from runcast.api.batch import BatchItem, fill, read_item
from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.api.routes.results import ResultView, show_result
from runcast.api.trigger import KeyOption, TriggerOptions
from runcast.api.views.batch import BatchFilledView, BatchOpenedView, BatchView, show_batch, show_opened
from runcast.domain.errors import InvalidInput, NotFound, ValueTooLarge
from runcast.domain.limits import HTTP_BATCH_BYTES_MAX, HTTP_BATCH_ITEMS_MAX
from runcast.domain.run import NewRun
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.options import check_key
from runcast.store import batches
from runcast.store.batch_rows import BatchError, BatchRow
from runcast.store.batches import BatchState, NewBatch
from runcast.store.requests import once, use_token
from runcast.store.script import Script

RESULTS_AT_ONCE = 100
RESULTS_CHARS_MAX = 16 * 1024 * 1024
WHOLE_ITEMS_MAX = 500
"""Of a batch that comes in one body."""
WHOLE_CHARS_MAX = 64 * 1024 * 1024
"""The same, of all payloads, those included that were uploaded before."""


class NewBatchBody(msgspec.Struct, frozen=True, rename="camel"):
    """A batch before its items."""

    run_count: int
    """How many items will come: 1 to 1,000."""
    task_identifiers: list[str] | None = None
    """The tasks of its items; with a public token there will be no others."""
    parent_run_id: str | None = None
    idempotency_key: str | None = None
    idempotency_key_options: KeyOption | None = None


class BatchResultsView(msgspec.Struct, frozen=True):
    """Results of runs."""

    id: str
    items: tuple[ResultView, ...]


class WholeItem(msgspec.Struct, frozen=True):
    """An item of a batch that comes in one body."""

    task: str
    payload: Any = msgspec.UNSET
    options: TriggerOptions | None = None


class WholeBatchBody(msgspec.Struct, frozen=True):
    """A batch with its items."""

    items: list[WholeItem]


class WholeBatchView(msgspec.Struct, frozen=True, rename="camel"):
    """A batch that is stored as a whole."""

    id: str
    run_count: int
    is_cached: bool = False


@post("/api/v3/batches", status_code=202, tags=["Batches"], summary="Open a batch")
async def open_batch(
    data: NewBatchBody, api: Api, caller: Caller, request: Request[Any, Any, Any]
) -> Response[BatchOpenedView]:
    """Open a batch; its items are sent to `…/items`. With an idempotency key that was used: that batch."""
    if not 1 <= data.run_count <= HTTP_BATCH_ITEMS_MAX:
        raise InvalidInput(f"runCount is 1 to {HTTP_BATCH_ITEMS_MAX:,}, got {data.run_count:,}")
    tasks = tuple(sorted(set(data.task_identifiers or ())))
    _require_tasks(caller, tasks)
    opened = await _open(api, caller, request, data.run_count, data.idempotency_key, tasks)
    view = show_opened(opened, cached=opened.sealed_at is not None)
    filled_there = caller.role is None or request.headers.get("x-trigger-client") == "browser"
    return Response(view, headers=_headers(api, opened, may_fill=filled_there))


@post(
    "/api/v3/batches/{batch_id:str}/items",
    status_code=200,
    request_max_body_size=HTTP_BATCH_BYTES_MAX,
    tags=["Batches"],
    summary="Send the items of a batch",
)
async def send_items(
    batch_id: FromPath[str], api: Api, caller: Caller, request: Request[Any, Any, Any]
) -> BatchFilledView:
    """Items as NDJSON, each `{"index", "task", "payload", "options"}`. Items that had come before are passed over."""
    _check_content(request)
    batch = await api.engine.store.read(partial(batches.find_batch, batch_id))
    if batch is None or batch.environment != caller.environment or batch.run_id is not None:
        raise NotFound("Batch not found")
    filled = await fill(api, caller, batch, request.stream())
    return BatchFilledView(
        batch_id, filled.accepted, filled.repeated, filled.sealed, batch.size, filled.accepted, batch.size
    )


@get("/api/v2/batches/{batch_id:str}", tags=["Batches"], summary="Retrieve a batch")
async def retrieve(batch_id: FromPath[str], api: Api, caller: Caller) -> BatchView:
    """A batch with the ids of its runs, and the items that became none."""
    return show_batch(await find_state(api, caller, batch_id), now_ms=api.now_ms())


@get("/api/v1/batches/{batch_id:str}/results", tags=["Batches"], summary="Read the results of a batch")
async def results(batch_id: FromPath[str], api: Api, caller: Caller) -> BatchResultsView:
    """How the runs that have ended did, by position. When outputs are many and large the later ones are told by path."""
    state = await find_state(api, caller, batch_id)
    ids = [run.id for run in state.runs]
    views: list[ResultView] = []
    size = 0
    for start in range(0, len(ids), RESULTS_AT_ONCE):
        script = partial(batches.finished, ids[start : start + RESULTS_AT_ONCE])
        for run in await api.engine.store.read(script):
            size += len(run.output or "")
            views.append(show_result(run, by_path=size > RESULTS_CHARS_MAX))
    return BatchResultsView(batch_id, tuple(views))


@post("/api/v2/tasks/batch", status_code=200, tags=["Batches"], summary="Trigger a batch with one request")
async def trigger_whole(
    data: WholeBatchBody,
    api: Api,
    caller: Caller,
    request: Request[Any, Any, Any],
    idempotency_key: Annotated[str | None, HeaderParameter(name="idempotency-key")] = None,
) -> Response[WholeBatchView]:
    """Up to 500 items in one transaction: all are stored, or none."""
    if not 1 <= len(data.items) <= WHOLE_ITEMS_MAX:
        raise InvalidInput(f"a batch has 1 to {WHOLE_ITEMS_MAX} items, got {len(data.items)}")
    tasks = tuple(sorted({item.task for item in data.items}))
    _require_tasks(caller, tasks)
    # Before it is opened: items that are none would leave its key to a batch that nobody fills.
    runs = await _read_whole(api, caller, data.items)
    batch = await _open(api, caller, request, len(runs), idempotency_key, tasks)
    cached = batch.sealed_at is not None
    if not cached:
        runs = [replace(run, batch_id=batch.id) for run in runs]
        await api.engine.store.write(partial(batches.take_items, batch.id, runs, [], api.now_ms()))
    return Response(WholeBatchView(batch.id, batch.size, cached), headers=_headers(api, batch, may_fill=False))


async def find_state(api: Api, caller: Caller, batch_id: str) -> BatchState:
    """A batch that the caller may read. Raises a 404 for one of another environment, too."""
    caller.require("read", f"batch:{batch_id}", "runs")
    state = await api.engine.store.read(partial(batches.state, batch_id))
    if state is None or state.batch.environment != caller.environment:
        raise NotFound("Batch not found")
    return state


async def _open(
    api: Api, caller: Caller, request: Request[Any, Any, Any], size: int, key: str | None, tasks: tuple[str, ...]
) -> BatchRow:
    new = NewBatch(
        fresh_id("batch"),
        caller.environment,
        size,
        check_key(key or None, "idempotencyKey"),
        tasks if caller.role is None and tasks else None,
    )
    now = api.now_ms()

    def opening() -> Script[BatchRow]:
        if caller.token:
            yield from use_token(caller.token, now)
        return (yield from batches.open_batch(new, now))

    if digest := request_digest(request, caller.environment, "batches"):
        return await api.engine.store.write(partial(once, digest, now, opening, BatchRow))
    return await api.engine.store.write(opening)


async def _read_whole(api: Api, caller: Caller, items: list[WholeItem]) -> list[NewRun]:
    """The runs of all items, of no batch yet. Raises `InvalidInput` for the first that is none."""
    runs: list[NewRun] = []
    size = 0
    for index, item in enumerate(items):
        read = await read_item(api, caller, BatchItem(index, item.task, item.payload, item.options))
        if isinstance(read, BatchError):
            raise InvalidInput(f"item {index} ({read.task}): {read.message}")
        size += len(read.payload)
        if size > WHOLE_CHARS_MAX:
            raise ValueTooLarge(
                f"the payloads of a batch have at most {WHOLE_CHARS_MAX:,} characters: open one, and fill it"
            )
        runs.append(read)
    return runs


def _require_tasks(caller: Caller, tasks: tuple[str, ...]) -> None:
    """A public token has to name every task."""
    for task in set(tasks):
        caller.require("batchTrigger", f"tasks:{task}")
    if not tasks:
        caller.require("batchTrigger", "tasks")


def _headers(api: Api, batch: BatchRow, *, may_fill: bool) -> dict[str, str]:
    scopes = [f"read:batch:{batch.id}", *([f"write:batch:{batch.id}"] if may_fill else ())]
    return api.handle_headers(batch.environment, scopes)


def _check_content(request: Request[Any, Any, Any]) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-ndjson", "application/ndjson"):
        raise Refused(415, "items are sent as application/x-ndjson")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "items are sent without Content-Encoding")


ROUTES = [open_batch, send_items, retrieve, results, trigger_whole]
