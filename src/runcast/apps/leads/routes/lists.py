"""`/api/leads` and `/api/leads/{id}`: leads, and one of them with its steps."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter

from runcast import Caller, transact
from runcast.apps.leads.detail import find_detail
from runcast.apps.leads.reading import Filter, list_leads
from runcast.apps.leads.routes.batches import find_batch
from runcast.apps.leads.status import run_statuses
from runcast.apps.leads.views import BatchView, LeadDetail, LeadView, show_lead

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200

Batch = Annotated[str, QueryParameter(name="batch", max_length=100, description="Only leads of this batch, in order.")]
Status = Annotated[
    str,
    QueryParameter(
        name="status",
        max_length=200,
        description="A comma list of queued, running, waiting, completed, failed, canceled, archived.",
    ),
]
Of = Annotated[str, QueryParameter(name="client", max_length=100, description="Only leads of this client.")]
After = Annotated[str, QueryParameter(name="after", max_length=100, description="`next` of the page before.")]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=PAGE_SIZE_MAX)]


class LeadList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of leads, newest first; those of a batch in the order in which they were given."""

    data: list[LeadView]
    next: str | None
    """For the next page; null: this is the last."""
    batch: BatchView | None
    """The batch that was asked for, with its totals."""


@get("/", summary="List leads")
async def list_all(
    caller: Caller, batch: Batch = "", status: Status = "", client: Of = "", after: After = "", limit: Limit = PAGE_SIZE
) -> LeadList:
    """Newest first, or a batch in its order, with totals."""
    statuses, approval = run_statuses(status)
    filter = Filter(batch_id=batch, client_id=client, statuses=statuses, approval=approval, after=after)
    rows = await transact(list_leads, caller.environment, filter, limit + 1)
    shown = [show_lead(row) for row in rows[:limit]]
    return LeadList(
        data=shown,
        next=shown[-1].id if len(rows) > limit else None,
        batch=await find_batch(caller.environment, batch) if batch else None,
    )


@get("/{lead_id:str}", summary="Retrieve a lead")
async def retrieve(lead_id: str, caller: Caller) -> LeadDetail:
    """With its steps, assets and times."""
    return await find_detail(caller.environment, lead_id)


ROUTES = [list_all, retrieve]
