"""Alerts: what somebody wants to hear of, and the events in which it happened."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from hashlib import blake2b

import msgspec

from runcast.domain.channel import ChannelRef, Target
from runcast.domain.errors import ErrorInfo, InvalidInput


class AlertOn(StrEnum):
    """What an alert looks for."""

    FAILED = "failed"
    """A run ended failed, timed out or crashed."""
    PARKED = "parked"
    """A run needs a person."""
    SUCCEEDED = "succeeded"
    """A run completed."""
    NEW_ERROR = "new_error"
    """A run failed with an error that no run of its task had before."""
    SLOW = "slow"
    """A run has executed and waited for longer than `over`, and holds a slot."""
    BACKLOG = "backlog"
    """More than `over` runs are queued in one queue."""


class AlertRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alert as code declares it."""

    name: str
    on: AlertOn
    run: str = ""
    """The task that is triggered with each event; its own runs raise no alerts. Empty: only channels hear of it."""
    tasks: tuple[str, ...] = ()
    """Only of these; none: of any."""
    queues: tuple[str, ...] = ()
    over: int = 0
    """Milliseconds for `slow`, runs for `backlog`."""
    window_ms: int = 3_600_000
    """What looks the same within this is one event, counted."""
    to: tuple[Target | ChannelRef, ...] = ()
    """The channels that tell it: targets in code and on the way to the engine, which keeps references."""

    @property
    def channels(self) -> tuple[ChannelRef, ...]:
        """Those that the engine has made channels of."""
        return tuple(one for one in self.to if isinstance(one, ChannelRef))


class AlertEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of an alert: the payload of the task that it triggers."""

    seq: int
    alert: str
    kind: AlertOn
    subject: str
    """What it is about, for people: a task, or a queue."""
    message: str
    run_id: str | None = None
    """The run that raised it, the first of several that look the same."""
    fingerprint: str = ""
    """Equal for what looks the same."""
    count: int = 1
    """How often it happened so far; the task hears only of the first time."""
    first_at: int = 0
    last_at: int = 0
    handled_by: str | None = None
    """The run of the alert's task."""


def check_secrets(rules: Iterable[AlertRule]) -> None:
    """Raises `InvalidInput` where two alerts give a channel different secrets: it has one."""
    known: dict[tuple[str, str], tuple[str, str]] = {}
    for rule in rules:
        for target in rule.to:
            if isinstance(target, Target) and target.secret:
                secret, name = known.setdefault((target.kind, target.url), (target.secret, rule.name))
                if secret != target.secret:
                    raise InvalidInput(f"alerts {name!r} and {rule.name!r} give {target!r} different secrets")


_CHANGING = re.compile(r"0x[0-9a-fA-F]+|[0-9a-f]{8}-[0-9a-f-]{27}|\w+_[0-9a-z]{21}|\d+")
"""What differs between two errors that are one: addresses, ids, numbers."""


def fingerprint(task: str, error: ErrorInfo) -> str:
    """Equal for errors of a task that look the same.

    >>> one = fingerprint("t", ErrorInfo("builtins.ValueError", "row 17 is bad"))
    >>> one == fingerprint("t", ErrorInfo("builtins.ValueError", "row 4 is bad"))
    True
    """
    text = f"{task}\0{error.type}\0{_CHANGING.sub('#', error.message)}"
    return blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()
