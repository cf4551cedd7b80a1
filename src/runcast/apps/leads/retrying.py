"""Working on a lead again: going on where it failed, or doing a step anew that was done."""

from __future__ import annotations

import msgspec

from runcast import Client, Conflict, InvalidInput, transact
from runcast.apps.leads.adding import go_on
from runcast.apps.leads.contract import Email
from runcast.apps.leads.jobs import LeadJob, Letters, Page
from runcast.apps.leads.plan import StepKey, plan
from runcast.apps.leads.reading import get_asset, get_lead, list_assets
from runcast.apps.leads.rows import LeadRow
from runcast.apps.leads.status import LIVE, LeadStatus, Step, read_options, read_status, read_steps

_TEMPLATE = "template"


async def retry(environment: str, lead_id: str, key: str = "") -> str:
    """Work on a lead again; the id of the run that does. Raises `Conflict`, `InvalidInput`, `NotFound`.

    A lead that failed goes on: what is done stays done, and costs nothing. A step that is done is done anew, with what
    depends on it: letters and page depend on nothing of each other.
    """
    row = await transact(get_lead, environment, lead_id)
    status = read_status(row)
    if status in LIVE:
        raise Conflict(f"this lead is {status}: cancel it first, or wait until it ends")
    if status is LeadStatus.ARCHIVED:
        raise Conflict("what this lead's run recorded is no longer kept: make the lead anew")
    step = _find_step(row, key) if key else None
    if step is not None and step.status == "done":
        run_id = await _anew(row, step.key)
    elif status is LeadStatus.COMPLETED:
        raise Conflict("this lead is completed: say which step is to be done anew")
    else:
        run_id = await _resumed(row)
    await transact(go_on, environment, lead_id, run_id)
    return run_id


def _find_step(row: LeadRow, key: str) -> Step:
    for step in read_steps(row):
        if step.key == key:
            return step
    names = ", ".join(planned.key for planned in plan(read_options(row)))
    raise InvalidInput(f"this lead has no step {key[:40]!r}; it has {names}")


async def _resumed(row: LeadRow) -> str:
    client = Client()
    run = await client.retrieve(row.run_id)
    if run.run.continued_by is not None:
        # Somebody resumed it already, and did not come to say so.
        return str(run.run.continued_by)
    return (await client.resume(row.run_id)).id


async def _anew(row: LeadRow, key: StepKey) -> str:
    client = Client()
    run = await client.retrieve(row.run_id)
    job = msgspec.json.decode(run.run.payload, type=LeadJob)
    kept = await _kept(row, key)
    payload = msgspec.to_builtins(msgspec.structs.replace(job, letters=kept[0], page=kept[1]))
    return (await client.fork(row.run_id, from_step=_place(row, key), payload=payload)).id


def _place(row: LeadRow, key: StepKey) -> str:
    """Where to begin: letters and page are asked for side by side, so that which of them was first is no matter."""
    options = read_options(row)
    if key is StepKey.PAGE and options.generate_emails:
        return StepKey.EMAILS.value
    return key.value


async def _kept(row: LeadRow, key: StepKey) -> tuple[Letters | None, Page | None]:
    """What is not done anew, of letters and page."""
    done = {step.key: step for step in read_steps(row) if step.status == "done"}
    letters = page = None
    if key in (StepKey.PAGE, StepKey.APPROVAL) and StepKey.EMAILS in done:
        letters = await _kept_letters(row.id, done[StepKey.EMAILS])
    if key in (StepKey.EMAILS, StepKey.APPROVAL) and StepKey.PAGE in done:
        page = await _kept_page(row.id, done[StepKey.PAGE])
    return letters, page


async def _kept_letters(lead_id: str, step: Step) -> Letters:
    assets = [asset for asset in await transact(list_assets, lead_id) if asset.kind == "email"]
    texts = [await transact(get_asset, lead_id, asset.id) for asset in sorted(assets, key=lambda one: one.name)]
    emails = tuple(
        Email(text.title, text.content.removeprefix(f"# {text.title}\n\n").removesuffix("\n")) for text in texts
    )
    return Letters(emails=emails, provider=_provider(step), run_id=_run(step), started=_started(step))


async def _kept_page(lead_id: str, step: Step) -> Page:
    asset = await transact(get_asset, lead_id, "landing.html")
    return Page(html=asset.content, provider=_provider(step), run_id=_run(step), started=_started(step))


def _provider(step: Step) -> str:
    said = step.state.detail.rpartition("by ")[2] if step.state else ""
    return said or _TEMPLATE


def _run(step: Step) -> str:
    return step.state.run_id if step.state else ""


def _started(step: Step) -> int:
    return step.state.started if step.state else 0
