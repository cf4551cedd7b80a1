"""A subscription that lives for years: a loop over months, each in a journal of its own.

    runcast dev examples/subscription.py
    runcast trigger subscription '{"customer": "ada", "month": 1}'

`Continue` starts the body again under the same run id with an empty journal, so that the journal never grows.
"""

from __future__ import annotations

from runcast import Continue, Retry, metadata, step, task, wait

MONTHS = 12


@step(retry=Retry(max_attempts=10), key="charge")
async def charge(customer: str, month: int) -> str:
    return f"receipt {customer} {month}"


@task
async def subscription(customer: str, month: int) -> str:
    metadata.set("month", month)
    await charge(customer, month)
    if month == MONTHS:
        return f"{customer} paid {MONTHS} months"
    await wait.for_("30d")
    raise Continue(customer, month + 1)
