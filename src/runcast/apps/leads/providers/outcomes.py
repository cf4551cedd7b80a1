"""What the statuses of providers mean, where a provider does not say otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runcast.apps.leads.contract import Outcome
from runcast.apps.leads.providers.exchange import Answer

_COMMON = {
    400: Outcome.BAD_INPUT,
    401: Outcome.AUTH_ERROR,
    402: Outcome.OUT_OF_CREDITS,
    403: Outcome.AUTH_ERROR,
    404: Outcome.BAD_INPUT,
    408: Outcome.TRANSIENT,
    409: Outcome.TRANSIENT,
    413: Outcome.BAD_INPUT,
    422: Outcome.BAD_INPUT,
    425: Outcome.TRANSIENT,
    429: Outcome.RATE_LIMITED,
}
_RATE_LIMITED_WAIT_S = 30.0
"""Where a provider says that it is too much, but not for how long."""
_RETRY_INFO = re.compile(r'"retryDelay":\s*"(\d+(?:\.\d+)?)s"')
"""Google has it in the body."""
_WORDS = {
    Outcome.NO_MATCH: "has nobody who matches",
    Outcome.RATE_LIMITED: "asks to wait",
    Outcome.OUT_OF_CREDITS: "has no credits left for this key",
    Outcome.AUTH_ERROR: "refuses the key",
    Outcome.BAD_INPUT: "cannot be asked this",
    Outcome.TRANSIENT: "is in trouble",
}


def outcome_of(status: int, own: Mapping[int, Outcome] | None = None) -> Outcome:
    """The outcome for an HTTP status that is no success; `own` is the provider's own meaning.

    >>> outcome_of(429), outcome_of(529), outcome_of(403, {403: Outcome.RATE_LIMITED})
    (<Outcome.RATE_LIMITED: 'rate_limited'>, <Outcome.TRANSIENT: 'transient'>, <Outcome.RATE_LIMITED: 'rate_limited'>)
    """
    if own and status in own:
        return own[status]
    return _COMMON.get(status, Outcome.TRANSIENT if status >= 500 else Outcome.BAD_INPUT)


def wait_of(outcome: Outcome, answer: Answer) -> float | None:
    """How long to wait before this is worth asking again: what the provider says, or half a minute under a limit."""
    if answer.retry_after_s is not None:
        return answer.retry_after_s
    if found := _RETRY_INFO.search(answer.text):
        return float(found[1])
    return _RATE_LIMITED_WAIT_S if outcome is Outcome.RATE_LIMITED else None


def told(title: str, outcome: Outcome, answer: Answer, secret: str | tuple[str, ...] = "") -> str:
    """A line for people."""
    return f"{title} {_WORDS.get(outcome, 'answered')} (HTTP {answer.status}): {answer.said(secret)}".rstrip(": ")
