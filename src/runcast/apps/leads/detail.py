"""A lead with all that its page shows, read in one go."""

from __future__ import annotations

import asyncio
import time

from runcast import transact
from runcast.apps.leads.choices import choices_of
from runcast.apps.leads.estimates import StepTime, step_times
from runcast.apps.leads.reading import get_lead, list_assets, past_runs, runs_of
from runcast.apps.leads.rows import LeadRow
from runcast.apps.leads.status import read_options
from runcast.apps.leads.views import LeadDetail, RunRef, moment, show_detail


async def find_detail(environment: str, lead_id: str) -> LeadDetail:
    """Raises `NotFound`."""
    row = await transact(get_lead, environment, lead_id)
    return await detail_of(row)


async def detail_of(row: LeadRow) -> LeadDetail:
    """The lead of a row."""
    assets, runs, times = await asyncio.gather(transact(list_assets, row.id), transact(runs_of, row.id), times_of(row))
    return show_detail(
        row,
        assets,
        [RunRef(id=run.run_id, began_at=moment(run.began_at)) for run in runs],
        times,
        now_ms=now_ms(),
    )


async def times_of(row: LeadRow) -> dict[str, StepTime]:
    """How long the steps of a lead usually take."""
    choices, past = await asyncio.gather(transact(choices_of, row.environment), transact(past_runs, row.environment))
    return step_times(choices, read_options(row), past)


def now_ms() -> int:
    """The time of this server."""
    return int(time.time() * 1000)
