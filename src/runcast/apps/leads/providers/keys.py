"""What a provider may know of its environment: keys, base URLs, and which private hosts may be reached."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Access(msgspec.Struct, frozen=True):
    """Where a provider is, and the key to it. Shown without the key."""

    base_url: str
    key: str = ""

    def __repr__(self) -> str:
        return f"<access to {self.base_url}, {'with' if self.key else 'without'} a key>"


def access(env: Mapping[str, str], name: str, base_url: str) -> Access:
    """`{name}_API_KEY`, and `{name}_BASE_URL` where it is not the usual one.

    Base URLs come from the environment only: who may change the choices of an app must not be able to send its keys to
    a server of theirs.

    >>> access({"PDL_API_KEY": "secret"}, "PDL", "https://api.peopledatalabs.com/")
    <access to https://api.peopledatalabs.com, with a key>
    """
    found = env.get(f"{name}_BASE_URL", "").strip() or base_url
    return Access(found.rstrip("/"), env.get(f"{name}_API_KEY", "").strip())


def private_hosts(env: Mapping[str, str]) -> tuple[str, ...]:
    """Hosts and networks beside the public internet that pages may be read from: `RUNCAST_OUTGOING_PRIVATE`.

    >>> private_hosts({"RUNCAST_OUTGOING_PRIVATE": "localhost, 10.1.0.0/16"})
    ('localhost', '10.1.0.0/16')
    """
    return tuple(part.strip() for part in env.get("RUNCAST_OUTGOING_PRIVATE", "").split(",") if part.strip())
