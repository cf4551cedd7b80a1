"""The last part of the address on which a person answers a wait: whoever knows it may."""

from __future__ import annotations

from urllib.parse import quote

from runcast.domain.instance_secret import InstanceSecret

_NAME = "answer pages"


def answer_path(secret: InstanceSecret, wait_id: str) -> str:
    """Below where people reach the server.

    >>> answer_path(InstanceSecret("0" * 32), "waitpoint_1")[:14]
    'a/waitpoint_1.'
    """
    return f"a/{quote(wait_id, safe='')}.{secret.sign(_NAME, wait_id)}"


def named_by(secret: InstanceSecret, token: str) -> str | None:
    """The id of the wait that an address means; None for one that this instance did not make."""
    wait_id, _, signature = token.rpartition(".")
    return wait_id if secret.is_signed(_NAME, wait_id, signature) else None
