"""Channels: where alerts are told without a task of one's own. Webhooks, e-mail, Slack."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec

from runcast.domain.errors import InvalidInput
from runcast.domain.limits import CHANNEL_ADDRESSES_MAX

_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f@<>(),;:\"\\\[\]]+@[\w-]+(\.[\w-]+)*")
_ADDRESS_CHARS_MAX = 254
SECRET_CHARS_MIN = 16
SECRET_CHARS_MAX = 256


class ChannelKind(StrEnum):
    """How an alert is told."""

    WEBHOOK = "webhook"
    """A signed POST, in the form that the official SDK's `webhooks.constructEvent` reads."""
    EMAIL = "email"
    SLACK = "slack"
    """An incoming webhook of Slack, or of what takes the same: Mattermost, Discord's `/slack`, Rocket.Chat."""


class Target(msgspec.Struct, frozen=True, omit_defaults=True, tag="target"):
    """Where a channel leads. `webhook`, `email` and `slack` of `runcast` make one."""

    kind: ChannelKind
    url: str = ""
    secret: str = ""
    """What signs; empty: nothing is signed."""
    addresses: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The target without what must not be read by others.

        >>> Target(ChannelKind.SLACK, url="https://hooks.slack.com/services/T0/B0/XYZ").shown
        'https://hooks.slack.com/…'
        """
        if self.kind is ChannelKind.EMAIL:
            return ", ".join(self.addresses)
        parts = urlsplit(self.url)
        # A path, too, may hold what lets anybody in: with Slack it does.
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"

    def __repr__(self) -> str:
        return f"<{self.kind} {self.shown}>"


class ChannelRef(msgspec.Struct, frozen=True, omit_defaults=True, tag="channel"):
    """A target as the engine keeps it: what it says is encrypted."""

    id: str
    kind: ChannelKind
    shown: str = ""
    sealed: str = ""


class Channel(msgspec.Struct, frozen=True, omit_defaults=True):
    """A channel, for whoever lists them."""

    id: str
    environment: str
    name: str
    kind: ChannelKind
    shown: str
    """Where it leads, without secrets."""
    origin: str
    """`code` or `api`."""
    created_at: int


def check_target(target: Target) -> None:
    """Raises `InvalidInput` for what no channel can be. Where its URL leads is the guard's to check."""
    if target.kind is ChannelKind.EMAIL:
        check_addresses(target.addresses)
        return
    if urlsplit(target.url).scheme not in ("http", "https"):
        raise InvalidInput(f"a {target.kind} needs url, http:// or https://")
    if target.secret and not SECRET_CHARS_MIN <= len(target.secret) <= SECRET_CHARS_MAX:
        raise InvalidInput(f"a webhook's secret has {SECRET_CHARS_MIN} to {SECRET_CHARS_MAX} characters")


def check_addresses(addresses: Iterable[str]) -> None:
    """Raises `InvalidInput` unless there are some, and each is one plain e-mail address."""
    given = tuple(addresses)
    if not 1 <= len(given) <= CHANNEL_ADDRESSES_MAX:
        raise InvalidInput(f"an e-mail channel has 1 to {CHANNEL_ADDRESSES_MAX} addresses")
    for address in given:
        if len(address) > _ADDRESS_CHARS_MAX or not _ADDRESS.fullmatch(address):
            raise InvalidInput(f"{address!r} is no e-mail address such as ops@example.com")
