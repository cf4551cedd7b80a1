"""`/api/leads/{id}/retry` and `/cancel`."""

from __future__ import annotations

import msgspec
from litestar import post

from runcast import Caller, Client, transact
from runcast.apps.leads.reading import get_lead
from runcast.apps.leads.retrying import retry as retry_lead


class RetryBody(msgspec.Struct, frozen=True):
    """What is to be done again."""

    step: str = ""
    """`enrich`, `research`, `write_emails`, `build_page` or `approval`; empty: whatever failed."""


class Retried(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The run that works on the lead from now on."""

    id: str
    trigger_run_id: str


class Canceled(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it had not ended before."""

    id: str
    canceled: bool


@post("/{lead_id:str}/retry", status_code=200, summary="Retry a lead, or a step of it")
async def retry(lead_id: str, caller: Caller, data: RetryBody | None = None) -> Retried:
    """What failed is done again, and nothing else: what is done stays, and is not paid for twice. A step that is done
    already is done anew, with what depends on it."""
    caller.require("write")
    run_id = await retry_lead(caller.environment, lead_id, data.step if data else "")
    return Retried(id=lead_id, trigger_run_id=run_id)


@post("/{lead_id:str}/cancel", status_code=200, summary="Cancel a lead")
async def cancel(lead_id: str, caller: Caller) -> Canceled:
    """What was made stays; `retry` goes on later."""
    row = await transact(get_lead, caller.environment, lead_id)
    canceled = await Client().cancel(row.run_id)
    return Canceled(id=lead_id, canceled=bool(canceled))


ROUTES = [retry, cancel]
