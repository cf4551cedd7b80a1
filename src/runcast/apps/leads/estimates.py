"""How long leads take and what they cost: by what they took lately, and by what providers charge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

from runcast.apps.leads.contract import Choices, Options
from runcast.apps.leads.plan import StepKey, plan
from runcast.apps.leads.status import Step
from runcast.apps.leads.tools import toolbox

ALMOST = 0.1
"""Of a step that takes longer than usual, so much is said to remain."""
AT_ONCE = 6
"""Leads that are worked on side by side, as the queues allow."""


class StepTime(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How long a step takes."""

    seconds: float
    n: int
    """From so many runs (their median); 0: it is a guess by the kind of provider."""


class Cost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What so many leads are expected to cost and to take."""

    count: int
    cost_usd: float
    """At most, by list prices."""
    cost_by_step: dict[str, float]
    unpriced: list[str]
    """Steps whose price nobody knows; they are not in the sum."""
    seconds_per_lead: float
    seconds: float
    steps: dict[str, StepTime]


def step_times(
    choices: Choices,
    options: Options,
    past_ms: Mapping[str, Sequence[int]],
    *,
    env: Mapping[str, str] | None = None,
) -> dict[str, StepTime]:
    """By step: the median of past runs, else a guess."""
    medians = {key: median(took) / 1000 for key, took in past_ms.items() if took}
    guesses = toolbox(choices, env).estimate(options, medians_s=medians).seconds
    keys = [step.key for step in plan(options) if step.key is not StepKey.APPROVAL]
    return {
        key.value: StepTime(
            seconds=round(medians.get(key, guesses.get(key, 0.0)), 1), n=len(past_ms.get(key.value, ()))
        )
        for key in keys
    }


def estimate(
    choices: Choices,
    options: Options,
    count: int,
    past_ms: Mapping[str, Sequence[int]],
    *,
    env: Mapping[str, str] | None = None,
) -> Cost:
    """Of so many leads."""
    times = step_times(choices, options, past_ms, env=env)
    costs = toolbox(choices, env).estimate(options).cost_usd
    each = remaining_s([], {key: time.seconds for key, time in times.items()}, now_ms=0)
    rounds = -(-count // AT_ONCE)
    return Cost(
        count=count,
        cost_usd=round(sum(costs.values()) * count, 6),
        cost_by_step={key: cost for key, cost in costs.items() if key in times},
        unpriced=[key for key in times if key not in costs],
        seconds_per_lead=round(each, 1),
        seconds=round(each * rounds, 1),
        steps=times,
    )


def remaining_s(steps: Sequence[Step], seconds: Mapping[str, float], *, now_ms: int) -> float:
    """How long what is not done takes. Letters and page are made side by side; a person's time is not counted."""
    left = dict(seconds)
    for step in steps:
        if step.key.value not in left:
            continue
        if step.status == "done":
            left[step.key.value] = 0.0
        elif step.status == "running" and step.state is not None:
            usual = left[step.key.value]
            left[step.key.value] = max(usual - (now_ms - step.state.started) / 1000, usual * ALMOST)
    beside = max(left.get(StepKey.EMAILS, 0.0), left.get(StepKey.PAGE, 0.0))
    return left.get(StepKey.ENRICH, 0.0) + left.get(StepKey.RESEARCH, 0.0) + beside
