"""A transport for URLs that a program's users name: it leads into no private network."""

from __future__ import annotations

from collections.abc import Sequence

import httpx2

from runcast.outgoing.addresses import parse_allowed
from runcast.outgoing.guard import Guard
from runcast.outgoing.transport import RESPONSE_BYTES_MAX, GuardedTransport


def guarded_transport(
    *, private: Sequence[str] = (), response_bytes_max: int = RESPONSE_BYTES_MAX
) -> httpx2.AsyncBaseTransport:
    """A transport for `httpx2.AsyncClient` that connects to the public internet only, redirects included.

    `private` are hosts and networks beside it that may be reached (`"hooks.internal"`, `"*.corp.example"`,
    `"10.1.0.0/16"`), as the setting `outgoing_private` has them. A request that would go elsewhere, and a response of
    more than `response_bytes_max`, raise `OutgoingRefused`.

    >>> client = httpx2.AsyncClient(transport=guarded_transport(), follow_redirects=True, max_redirects=3)
    """
    return GuardedTransport(Guard(parse_allowed(private)), response_bytes_max=response_bytes_max)
