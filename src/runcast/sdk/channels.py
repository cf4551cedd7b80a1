"""Channels that tell alerts without a task of one's own: `Alert(…, to=channels.email("ops@example.com"))`."""

from __future__ import annotations

from runcast.domain.channel import ChannelKind, Target, check_target
from runcast.domain.errors import InvalidInput

__all__ = ["email", "slack", "webhook"]


def webhook(url: str, *, secret: str) -> Target:
    """A POST to `url`, signed with `secret` (16 characters or more) as the official SDK's `webhooks.constructEvent`
    checks it. Raises `InvalidInput`.

    >>> webhook("https://example.com/hooks/runs", secret="3f1c0a9b7d5e2468")
    <webhook https://example.com/…>
    """
    if not secret:
        raise InvalidInput("a webhook needs a secret, by which its receiver can tell who sent what")
    return _checked(Target(ChannelKind.WEBHOOK, url=url, secret=secret))


def email(*addresses: str) -> Target:
    """A letter to these addresses, through the server of the setting `smtp_url`. Raises `InvalidInput`.

    >>> email("ops@example.com")
    <email ops@example.com>
    """
    return _checked(Target(ChannelKind.EMAIL, addresses=addresses))


def slack(url: str) -> Target:
    """A message through an incoming webhook of Slack, or of what takes the same. Raises `InvalidInput`.

    >>> slack("https://hooks.slack.com/services/T0/B0/XYZ")
    <slack https://hooks.slack.com/…>
    """
    return _checked(Target(ChannelKind.SLACK, url=url))


def _checked(target: Target) -> Target:
    check_target(target)
    return target
