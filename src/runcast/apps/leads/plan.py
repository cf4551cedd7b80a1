"""The steps of a lead: which there are for given options, what they are called, and how much of the whole each is.

A lead's run says in its metadata how far it is:

    leadId          the lead
    steps           the plan: [{key, title}], in order; what is switched off is not in it
    step.<key>      {status, started, finished, detail, costUsd, runId}: `running`, `waiting`, `done` or `failed`; absent
                    until the step begins. Times are milliseconds; `runId` is the run whose streams and logs are the step's
    progress        0-100; `currentStep` in words
    costUsd         what providers charged so far
    awaits          `approval` while a person is asked; the wait is `step.approval.waitId`
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from runcast.apps.leads.contract import Options


class StepKey(StrEnum):
    """A step of a lead; also its key in the journal of the lead's run."""

    ENRICH = "enrich"
    RESEARCH = "research"
    EMAILS = "write_emails"
    PAGE = "build_page"
    APPROVAL = "approval"


class StepPlan(msgspec.Struct, frozen=True):
    """A step, before it is done."""

    key: StepKey
    title: str


class StepState(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A step that began. Times are milliseconds since the epoch."""

    status: str
    """`running`, `waiting` (for a person), `done` or `failed`."""
    started: int
    finished: int | None = None
    detail: str = ""
    """For people: what came of it, or why it failed and what to do."""
    cost_usd: float | None = None
    """None: nothing, or nobody said."""
    run_id: str = ""
    """Whose streams and logs are the step's."""
    wait_id: str = ""
    """What a person answers."""


TITLES = {
    StepKey.ENRICH: "Profile",
    StepKey.RESEARCH: "Research",
    StepKey.EMAILS: "E-mails",
    StepKey.PAGE: "Landing page",
    StepKey.APPROVAL: "Approval",
}
WORK = {
    StepKey.ENRICH: "Reading the profile",
    StepKey.RESEARCH: "Reading about the person and the company",
    StepKey.EMAILS: "Writing e-mails",
    StepKey.PAGE: "Building the landing page",
    StepKey.APPROVAL: "Waiting for approval",
}
STREAMS = {StepKey.EMAILS: "emails", StepKey.PAGE: "page"}
"""Where the text of a step appears as it is written."""
_WEIGHTS = {
    StepKey.ENRICH: 15,
    StepKey.RESEARCH: 40,
    StepKey.EMAILS: 20,
    StepKey.PAGE: 20,
    StepKey.APPROVAL: 5,
}


def task_of(key: StepKey) -> str:
    """The name of the task that does a step.

    >>> task_of(StepKey.EMAILS)
    'leads.write_emails'
    """
    return f"leads.{key}"


def plan(options: Options) -> list[StepPlan]:
    """What is to be done, in order.

    >>> [step.key.value for step in plan(Options(generate_emails=False))]
    ['enrich', 'research', 'build_page']
    """
    wanted = {
        StepKey.ENRICH: True,
        StepKey.RESEARCH: True,
        StepKey.EMAILS: options.generate_emails,
        StepKey.PAGE: options.generate_one_pager,
        StepKey.APPROVAL: options.approval,
    }
    return [StepPlan(key, TITLES[key]) for key, is_wanted in wanted.items() if is_wanted]


def share(options: Options, key: StepKey) -> float:
    """How much of the whole, in percent, a step is.

    >>> share(Options(generate_emails=False, generate_one_pager=False), StepKey.ENRICH) + share(
    ...     Options(generate_emails=False, generate_one_pager=False), StepKey.RESEARCH
    ... )
    100.0
    """
    return 100 * _WEIGHTS[key] / sum(_WEIGHTS[step.key] for step in plan(options))
