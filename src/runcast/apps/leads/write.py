"""`leads.write_emails` and `leads.build_page`: texts that appear as they are written, and are paid for once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from runcast import current_run, logger, step, streams, task, wait
from runcast.apps.leads import tools
from runcast.apps.leads.calls import PAUSE_S_MAX, TRIES, failing, get_ready, spend
from runcast.apps.leads.contract import (
    Choices,
    Delta,
    Finished,
    Kind,
    Outcome,
    ProviderFailed,
    Toolbox,
    WriteRequest,
    Writing,
)
from runcast.apps.leads.failures import ProviderBusy, ProviderDown, ProviderError, ProviderRefused, StepStopped
from runcast.apps.leads.jobs import Letters, Page, WriteJob
from runcast.apps.leads.marks import shown
from runcast.apps.leads.plan import STREAMS, StepKey, share
from runcast.apps.leads.queues import KEPT, MAX_DURATION, ONCE, writing_queue

BUSY_S = 30.0
"""A pause, when a writer does not say how long."""
BUSY_MAX = 6
"""Calls of one writer that limits."""


class Written(msgspec.Struct, frozen=True):
    """A whole text."""

    provider: str
    text: str
    cost_usd: float | None
    choices: Choices


@task(name="leads.write_emails", queue=writing_queue, retry=ONCE, max_duration=MAX_DURATION, retention=KEPT)
async def write_emails(job: WriteJob) -> Letters:
    """Write a lead's e-mails."""
    async with shown(StepKey.EMAILS, share(job.options, StepKey.EMAILS) / 5):
        written = await _first_text(StepKey.EMAILS, job.request)
        emails = tools.toolbox(written.choices).parse_emails(written.text)
    run = current_run()
    return Letters(
        emails=emails, provider=written.provider, cost_usd=written.cost_usd, run_id=run.id, started=run.created_at
    )


@task(name="leads.build_page", queue=writing_queue, retry=ONCE, max_duration=MAX_DURATION, retention=KEPT)
async def build_page(job: WriteJob) -> Page:
    """Build a lead's landing page."""
    async with shown(StepKey.PAGE, share(job.options, StepKey.PAGE) / 5):
        written = await _first_text(StepKey.PAGE, job.request)
        page = tools.toolbox(written.choices).page_of(written.provider, written.text, job.request)
    run = current_run()
    return Page(
        html=page.html,
        provider=written.provider,
        cost_usd=written.cost_usd,
        run_id=run.id,
        started=run.created_at,
    )


async def _first_text(key: StepKey, request: WriteRequest) -> Written:
    """Of the first writer that can; the last one, which is a template, does not stand in for one that failed."""
    ready = await get_ready(Kind.WRITE)
    failures: list[ProviderError] = []
    for provider in ready.order:
        if failures and provider == ready.order[-1]:
            break
        try:
            return await _write_in_time(key, ready.choices, provider, request)
        except (ProviderBusy, ProviderDown, ProviderRefused) as error:
            failures.append(error)
            logger.warning(error.user_message, provider=provider)
    reasons = "; ".join(dict.fromkeys(failure.user_message for failure in failures))
    raise StepStopped(key, reasons) from ExceptionGroup("asked", failures)


async def _write_in_time(key: StepKey, choices: Choices, provider: str, request: WriteRequest) -> Written:
    """Ask one writer; while it wants no calls, the run waits and holds no slot."""
    for number in range(1, BUSY_MAX + 1):
        try:
            write = step(_write, key=f"{provider}:{number}", name=f"ask {provider}", retry=TRIES)
            return await write(key, choices, provider, request)
        except ProviderBusy as busy:
            if busy.retry_after_s > PAUSE_S_MAX or number == BUSY_MAX:
                raise
            await wait.for_(busy.retry_after_s)
    raise AssertionError("the last one returns or raises")


async def _write(key: StepKey, choices: Choices, provider: str, request: WriteRequest) -> Written:
    """One text, streamed as it comes. A stream that does not say that it ended was cut."""
    tool = tools.toolbox(choices)
    with failing(provider), translating():
        text, end = await _pump(STREAMS[key], _writer(tool, key)(provider, request))
        if end is None:
            raise ProviderDown(provider, f"{provider} broke off amid the text")
        spend(provider, end.cost_usd, end.usage)
        if not end.complete:
            raise ProviderDown(provider, f"{provider} stopped before the text was complete ({end.reason})")
        if key is StepKey.EMAILS:
            tool.parse_emails(text)  # a text without a letter in it is no result, and is asked for again
    return Written(provider, text, end.cost_usd, choices)


def _writer(tool: Toolbox, key: StepKey) -> Callable[[str, WriteRequest], Writing]:
    return tool.write_emails if key is StepKey.EMAILS else tool.write_page


async def _pump(stream: str, writing: Writing) -> tuple[str, Finished | None]:
    parts: list[str] = []
    async for piece in writing:
        match piece:
            case Delta():
                parts.append(piece.text)
                streams.append(stream, piece.text)
            case Finished():
                return "".join(parts), piece
    return "".join(parts), None


@contextmanager
def translating() -> Iterator[None]:
    """A writer's failure as the step's: tried again, waited for, or final."""
    try:
        yield
    except ProviderFailed as error:
        spend(error.provider, error.cost_usd)
        match error.outcome:
            case Outcome.RATE_LIMITED:
                raise ProviderBusy(error.provider, error.detail, error.retry_after_s or BUSY_S) from error
            case Outcome.OUT_OF_CREDITS | Outcome.AUTH_ERROR | Outcome.BAD_INPUT:
                raise ProviderRefused(error.provider, error.outcome.value, error.detail) from error
            case _:
                raise ProviderDown(error.provider, error.detail) from error
