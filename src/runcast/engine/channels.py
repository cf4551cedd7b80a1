"""What an engine needs to tell alerts to channels, and what it does with those that a worker declares."""

from __future__ import annotations

from typing import Protocol

import msgspec

from runcast.domain.alert import AlertRule
from runcast.domain.alert_text import Told
from runcast.domain.channel import ChannelKind, ChannelRef, Target
from runcast.domain.delivery import Answer
from runcast.gateway import Hello


class Courier(Protocol):
    """Goes to the outside: `runcast.outgoing.courier.Courier`."""

    def check(self, target: Target) -> None:
        """Raises `InvalidInput` for a target that can never be told."""
        ...

    async def seal(self, environment: str, target: Target, *, unique: str = "") -> ChannelRef:
        """The target as it may be stored: encrypted, with an id that is the same for the same target and `unique`."""
        ...

    async def send(self, kind: ChannelKind, sealed: str, told: Told) -> Answer:
        """Tell it once. Never raises for what the other side does."""
        ...

    def run_url(self, run_id: str) -> str:
        """Where people look at a run; empty if nobody said where the pages are."""
        ...


async def admit_channels(hello: Hello, courier: Courier | None) -> Hello:
    """What a worker says, with its alerts' targets sealed. Without a courier they have none: an engine that tests or
    simulates tells nobody outside."""
    if not any(rule.to for rule in hello.alerts):
        return hello
    rules = [await _admit(rule, hello.environment, courier) for rule in hello.alerts]
    return msgspec.structs.replace(hello, alerts=tuple(rule for rule in rules if rule.to or rule.run))


async def _admit(rule: AlertRule, environment: str, courier: Courier | None) -> AlertRule:
    targets = [one for one in rule.to if isinstance(one, Target)]
    sealed = [] if courier is None else [await courier.seal(environment, target) for target in targets]
    return msgspec.structs.replace(rule, to=tuple(sealed))
