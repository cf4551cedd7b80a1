"""How a step says in the lead's metadata that it began, and that it failed.

Both are small steps under the id of the step's own run: when a lead is resumed, what is done again says so again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from runcast import current_run, metadata, now, step
from runcast.apps.leads.failures import ProviderBusy, ProviderDown, ProviderRefused, StepStopped
from runcast.apps.leads.plan import WORK, StepKey, StepState


@asynccontextmanager
async def shown(key: StepKey, advance: float) -> AsyncIterator[None]:
    """The body of a step: the lead's page shows when it begins, and how it failed. `advance`: what beginning adds to the
    lead's progress, in percent."""
    run = current_run()
    state = StepState(status="running", started=run.created_at, run_id=run.id)
    await step(_begin, key=f"begin:{run.id}")(key, state, advance)
    try:
        yield
    except (ProviderBusy, ProviderDown, ProviderRefused, StepStopped) as error:
        finished = int(now().timestamp() * 1000)
        failed = replace(state, status="failed", finished=finished, detail=error.user_message)
        await step(_fail, key=f"fail:{run.id}")(key, failed)
        raise


async def _begin(key: StepKey, state: StepState, advance: float) -> None:
    metadata.parent.set(f"step.{key}", state)
    metadata.parent.set("currentStep", WORK[key])
    metadata.parent.increment("progress", advance)


async def _fail(key: StepKey, state: StepState) -> None:
    metadata.parent.set(f"step.{key}", state)
