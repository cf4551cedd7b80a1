"""`leads.orchestrate`: the run of a lead, which does nothing itself but ask its steps, in order, and keep what they made."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from runcast import (
    Call,
    Failed,
    Ok,
    WaitTimedOut,
    artifacts,
    current_run,
    metadata,
    now,
    progress,
    step,
    task,
    transact,
    wait,
)
from runcast.apps.leads.contract import Options, Profile, Research, WriteRequest
from runcast.apps.leads.enrich import enrich
from runcast.apps.leads.failures import StepStopped
from runcast.apps.leads.jobs import (
    Enriched,
    LeadJob,
    LeadResult,
    Letters,
    Page,
    Researched,
    ResearchJob,
    WriteJob,
)
from runcast.apps.leads.plan import TITLES, WORK, StepKey, StepState, plan, share
from runcast.apps.leads.queues import KEPT, ONCE, leads_queue
from runcast.apps.leads.research import research
from runcast.apps.leads.saving import NewAsset, save_assets, save_person
from runcast.apps.leads.write import build_page, write_emails

T = TypeVar("T")
APPROVAL_TIMEOUT = "30d"
_BEGUN = 1 / 5
"""What a step adds to the progress when it begins."""


@task(name="leads.orchestrate", queue=leads_queue, retry=ONCE, retention=KEPT)
async def orchestrate(job: LeadJob) -> LeadResult:
    """A lead from its address to letters and a page, step by step. What is done stays done."""
    metadata.set("leadId", job.lead_id)
    metadata.set("steps", [{"key": one.key.value, "title": one.title} for one in plan(job.options)])
    progress(0, "Waiting to begin")
    await step(_reopen, key=f"open:{current_run().id}")(job.options)
    profile = (await _enriched(job)).profile
    read = (await _researched(job, profile)).research
    letters, page = await _written(job, profile, read)
    approved = await _approved(job, profile) if job.options.approval else None
    progress(100, "Done" if approved is not False else "Declined")
    return LeadResult(
        lead_id=job.lead_id,
        name=profile.name,
        title=profile.title,
        company=profile.company,
        emails=len(letters.emails) if letters else 0,
        page=page is not None,
        approved=approved,
    )


async def _reopen(options: Options) -> None:
    """A run that is resumed has the metadata of the one that failed: what failed there is to come again."""
    metadata.delete("awaits")
    metadata.set("currentStep", "Waiting to begin")
    known, done = metadata.current(), 0.0
    for planned in plan(options):
        state = known.get(f"step.{planned.key}")
        if state is not None and state["status"] == "done":
            done += share(options, planned.key)
        else:
            metadata.delete(f"step.{planned.key}")
    metadata.set("progress", done)


async def _enriched(job: LeadJob) -> Enriched:
    done = await _outcome(
        job, StepKey.ENRICH, enrich.options(key=StepKey.ENRICH, tags=_tags(job)).trigger_and_wait(job)
    )
    profile = done.profile
    text = msgspec.json.format(msgspec.json.encode({"profile": profile, "tried": done.tried, "raw": done.raw})).decode()
    asset = NewAsset(
        kind="profile", name="profile.json", title=profile.name, content_type="application/json", content=text
    )
    await transact(save_person, job.lead_id, profile.name, profile.title, profile.company, asset, done.run_id)
    cost = sum(one.cost_usd or 0 for one in done.tried)
    _show_done(job, StepKey.ENRICH, done.run_id, done.started, cost, _describe(profile))
    return done


async def _researched(job: LeadJob, profile: Profile) -> Researched:
    asked = ResearchJob(lead=job, profile=profile)
    done = await _outcome(
        job, StepKey.RESEARCH, research.options(key=StepKey.RESEARCH, tags=_tags(job)).trigger_and_wait(asked)
    )
    await _keep(job, done.run_id, "research", [("research.md", "Research", "text/markdown", done.research.markdown)])
    cost = sum(one.cost_usd or 0 for one in done.tried)
    _show_done(job, StepKey.RESEARCH, done.run_id, done.started, cost, _say_read(done))
    return done


def _say_read(done: Researched) -> str:
    """How much was read, and what could not be."""
    count = len(done.research.sources)
    read = f"{count} source{'s' if count != 1 else ''}" if count else "From what is known"
    said = done.tried[-1].detail if done.tried else ""
    return f"{read}. {said}" if said else read


async def _written(job: LeadJob, profile: Profile, read: Research) -> tuple[Letters | None, Page | None]:
    """Both at once; one that fails does not stop the other."""
    request = WriteRequest(profile=profile, research=read, client=job.client, count=job.options.emails)
    asked = WriteJob(request=request, options=job.options)
    letters, page = await asyncio.gather(_letters(job, asked), _page(job, asked), return_exceptions=True)
    failures = [one for one in (letters, page) if isinstance(one, BaseException)]
    if len(failures) == 1:
        raise failures[0]
    if failures:
        keys = [one.step for one in failures if isinstance(one, StepStopped)]
        message = "; ".join(dict.fromkeys(str(one) for one in failures))
        raise StepStopped(", ".join(keys), message, job.slug) from BaseExceptionGroup("written", failures)
    assert not isinstance(letters, BaseException)
    assert not isinstance(page, BaseException)
    return letters, page


async def _letters(job: LeadJob, asked: WriteJob) -> Letters | None:
    if not job.options.generate_emails:
        return None
    done = job.letters
    if done is None:
        call = write_emails.options(key=StepKey.EMAILS, tags=_tags(job)).trigger_and_wait(asked)
        done = await _outcome(job, StepKey.EMAILS, call)
    texts = [
        (f"email-{number}.md", one.subject, "text/markdown", f"# {one.subject}\n\n{one.body}\n")
        for number, one in enumerate(done.emails, 1)
    ]
    await _keep(job, done.run_id, "email", texts)
    count = len(done.emails)
    text = f"{count} e-mail{'s' if count != 1 else ''} by {done.provider}"
    _show_done(job, StepKey.EMAILS, done.run_id, done.started, done.cost_usd, text)
    return done


async def _page(job: LeadJob, asked: WriteJob) -> Page | None:
    if not job.options.generate_one_pager:
        return None
    done = job.page
    if done is None:
        call = build_page.options(key=StepKey.PAGE, tags=_tags(job)).trigger_and_wait(asked)
        done = await _outcome(job, StepKey.PAGE, call)
    await _keep(job, done.run_id, "page", [("landing.html", "Landing page", "text/html", done.html)])
    _show_done(job, StepKey.PAGE, done.run_id, done.started, done.cost_usd, f"by {done.provider}")
    return done


async def _approved(job: LeadJob, profile: Profile) -> bool:
    """Whether a person says yes. Raises `StepStopped` when nobody says anything for a month."""
    question = f"Approve what was written for {profile.name}?"
    token = await wait.create_token(bool, timeout=APPROVAL_TIMEOUT, tags=["approval", *_tags(job)], question=question)
    started = _now_ms()
    state = StepState(status="waiting", started=started, wait_id=token.id, run_id=current_run().id)
    await step(_show_question, key=f"ask:{current_run().id}")(state)
    try:
        approved = await wait.for_token(token).unwrap()
    except WaitTimedOut as error:
        late = "Nobody decided within 30 days: retry the step to ask again"
        raise StepStopped(StepKey.APPROVAL, late, job.slug) from error
    answered = replace(state, status="done", finished=_now_ms(), detail="Approved" if approved else "Declined")
    metadata.delete("awaits")
    metadata.set(f"step.{StepKey.APPROVAL}", answered)
    return approved


async def _show_question(state: StepState) -> None:
    metadata.set("awaits", StepKey.APPROVAL.value)
    metadata.set(f"step.{StepKey.APPROVAL}", state)
    metadata.set("currentStep", WORK[StepKey.APPROVAL])


# --- what all steps share ---------------------------------------------------------------------------------------------


async def _outcome(job: LeadJob, key: StepKey, call: Call[Ok[T] | Failed]) -> T:
    """What a step came to. Raises `StepStopped` with its reason, in the chain of what a retry is to do again."""
    result = await call
    if isinstance(result, Ok):
        output: T = result.output
        return output
    try:
        result.unwrap()
    except Exception as error:
        said = result.error.user_message or result.error.message or f"it ended {result.status}"
        raise StepStopped(key, f"{TITLES[key]}: {said}", job.slug) from error
    raise AssertionError("a failed result raises")


async def _keep(job: LeadJob, run_id: str, kind: str, made: list[tuple[str, str, str, str]]) -> None:
    """Keep texts that the step's run made, as assets of the lead and artifacts of this run: (name, title, content type,
    content)."""
    assets = [
        NewAsset(kind=kind, name=name, title=title, content_type=content_type, content=content)
        for name, title, content_type, content in made
    ]
    await transact(save_assets, job.lead_id, assets, run_id)
    for asset in assets:
        artifacts.add(asset.name, asset.content, content_type=asset.content_type)


def _show_done(job: LeadJob, key: StepKey, run_id: str, started: int, cost: float | None, detail: str) -> None:
    """The step's place in the lead's metadata."""
    state = StepState(status="done", started=started, finished=_now_ms(), detail=detail, cost_usd=cost, run_id=run_id)
    metadata.set(f"step.{key}", state)
    # What is kept from an earlier run did not begin in this one.
    is_kept = started < current_run().created_at
    metadata.increment("progress", share(job.options, key) * (1 if is_kept else 1 - _BEGUN))


def _describe(profile: Profile) -> str:
    return ", ".join(part for part in (profile.title, profile.company) if part) or profile.name


def _tags(job: LeadJob) -> list[str]:
    return [f"lead:{job.lead_id}"]


def _now_ms() -> int:
    return int(now().timestamp() * 1000)
