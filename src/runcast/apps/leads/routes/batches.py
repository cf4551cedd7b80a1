"""`/api/leads/batches/{id}`: leads that were given together, their totals, and what is done to all of them."""

from __future__ import annotations

import msgspec
from litestar import get, post

from runcast import Caller, Client, Conflict, NotFound, transact
from runcast.apps.leads.choices import choices_of
from runcast.apps.leads.contract import Options
from runcast.apps.leads.detail import now_ms
from runcast.apps.leads.estimates import step_times
from runcast.apps.leads.reading import PAGE_MAX, Filter, get_batch, list_leads, past_runs
from runcast.apps.leads.retrying import retry
from runcast.apps.leads.rows import LeadRow
from runcast.apps.leads.status import LIVE, LeadStatus, read_options, read_status
from runcast.apps.leads.views import BatchView, show_batch

_FAILED = ("CRASHED", "EXPIRED", "FAILED", "SYSTEM_FAILURE", "TIMED_OUT")


class Done(msgspec.Struct, frozen=True):
    """To how many leads it was done."""

    count: int


async def rows_of(environment: str, batch_id: str, statuses: list[str] | None = None) -> list[LeadRow]:
    """All leads of a batch."""
    await transact(get_batch, environment, batch_id)
    return await transact(list_leads, environment, Filter(batch_id=batch_id, statuses=statuses), PAGE_MAX)


async def find_batch(environment: str, batch_id: str) -> BatchView:
    """Raises `NotFound`."""
    batch = await transact(get_batch, environment, batch_id)
    rows = await transact(list_leads, environment, Filter(batch_id=batch_id), PAGE_MAX)
    choices, past = await transact(choices_of, environment), await transact(past_runs, environment)
    options = read_options(rows[0]) if rows else Options()
    times = step_times(choices, options, past)
    return show_batch(batch, rows, {key: time.seconds for key, time in times.items()}, now_ms=now_ms())


@get("/batches/{batch_id:str}", summary="Retrieve a batch of leads")
async def retrieve(batch_id: str, caller: Caller) -> BatchView:
    """With its totals."""
    return await find_batch(caller.environment, batch_id)


@post("/batches/{batch_id:str}/retry", status_code=200, summary="Retry the failed leads of a batch")
async def retry_failed(batch_id: str, caller: Caller) -> Done:
    """Each goes on where it failed."""
    caller.require("write")
    count = 0
    for row in await rows_of(caller.environment, batch_id, list(_FAILED)):
        if read_status(row) is LeadStatus.FAILED:
            try:
                await retry(caller.environment, row.id)
            except (Conflict, NotFound):
                continue  # somebody was quicker
            count += 1
    return Done(count)


@post("/batches/{batch_id:str}/cancel", status_code=200, summary="Cancel the leads of a batch")
async def cancel(batch_id: str, caller: Caller) -> Done:
    """Those that have not ended."""
    rows = await rows_of(caller.environment, batch_id)
    live = [row.run_id for row in rows if read_status(row) in LIVE]
    canceled = await Client().cancel(*live) if live else ()
    return Done(len(canceled))


ROUTES = [retrieve, retry_failed, cancel]
