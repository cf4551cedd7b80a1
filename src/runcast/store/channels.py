"""Alert channels: declared by code with its alerts, or made at run time together with alerts of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from runcast.domain.alert import AlertRule
from runcast.domain.channel import Channel, ChannelRef
from runcast.domain.errors import Conflict, NotFound
from runcast.domain.limits import CHANNELS_MAX
from runcast.store.delivery_rows import ChannelRow
from runcast.store.rows import AlertRow
from runcast.store.script import Script, call

CODE = "code"
API = "api"
_OF_CODE_MAX = 1_000
"""Channels of code that are listed: nobody counts them when they are declared."""
_ENCODE = msgspec.json.Encoder().encode
_RULE = msgspec.json.Decoder(AlertRule)


class ChannelState(msgspec.Struct, frozen=True):
    """A channel with the alerts that it tells."""

    channel: Channel
    rules: tuple[AlertRule, ...]


def without_secrets(rule: AlertRule) -> AlertRule:
    """A rule as it is kept among the alerts: it names its channels."""
    to = tuple(ChannelRef(channel.id, channel.kind) for channel in rule.channels)
    return msgspec.structs.replace(rule, to=to)


def declare(environment: str, rules: Iterable[AlertRule], now: int) -> Script[None]:
    """Take over the channels of a worker's alerts, and drop those of code that no alert tells any more."""
    found = {channel.id: (channel, rule.name) for rule in rules for channel in rule.channels}
    rows = [
        (channel.id, environment, name, channel.kind.value, channel.shown, channel.sealed, CODE, now)
        for channel, name in found.values()
    ]
    if rows:
        yield call("put_channels", rows=rows)
    states = yield from list_channels(environment)
    unused = [[state.channel.id] for state in states if state.channel.origin == CODE and not state.rules]
    if unused:
        yield call("drop_channels", ids=unused)


def create(environment: str, name: str, channel: ChannelRef, rules: Sequence[AlertRule], now: int) -> Script[None]:
    """Make a channel, and the alerts that it tells. Raises `Conflict` when a name is taken, or there are too many."""
    count: int = yield call("count_channels", environment=environment)
    if count >= CHANNELS_MAX:
        raise Conflict(f"environment {environment} has {CHANNELS_MAX} alert channels: delete one first")
    taken: int | None = yield call("alert_exists", environment=environment, names=[[rule.name] for rule in rules])
    if taken is not None:
        raise Conflict(f"there are alerts of {name!r} already: choose another name")
    row = (channel.id, environment, name, channel.kind.value, channel.shown, channel.sealed, API, now)
    yield call("put_channels", rows=[row])
    rows = [(environment, rule.name, rule.on.value, "", _ENCODE(without_secrets(rule)).decode(), now) for rule in rules]
    yield call("put_alerts", rows=rows)


def remove(environment: str, channel_id: str) -> Script[None]:
    """Delete a channel that was made at run time, with its alerts; what is on its way to it fails.

    Raises `NotFound`, or `Conflict` for one of code.
    """
    (state,) = (yield from list_channels(environment, channel_id)) or (None,)
    if state is None:
        raise NotFound(f"no alert channel {channel_id}")
    if state.channel.origin == CODE:
        raise Conflict(f"channel {channel_id} is declared in code: remove it there")
    yield call("drop_named_alerts", environment=environment, names=[[rule.name] for rule in state.rules])
    yield call("drop_channels", ids=[[channel_id]])


def list_channels(environment: str, channel_id: str | None = None) -> Script[tuple[ChannelState, ...]]:
    """The channels of an environment, oldest first, or one of them."""
    rows: list[ChannelRow] = yield call(
        "channels_of", environment=environment, id=channel_id, limit=CHANNELS_MAX + _OF_CODE_MAX
    )
    if not rows:
        return ()
    alerts: list[AlertRow] = yield call("alerts_of_environment", environment=environment)
    rules = [_RULE.decode(row.rule) for row in alerts]
    return tuple(
        ChannelState(
            Channel(row.id, row.environment, row.name, row.kind, row.shown, row.origin, row.created_at),
            tuple(rule for rule in rules if any(one.id == row.id for one in rule.channels)),
        )
        for row in rows
    )
