"""What every response tells browsers not to do with it."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = (
    # Output of a run is data, whatever it looks like.
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_UNLESS_SAID = (
    (b"cache-control", b"no-store"),
    # A response that is shown as a page after all runs no script and loads nothing.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


def add_safe_headers(app: ASGIApp) -> ASGIApp:
    """The app, whose responses are not sniffed, framed, or kept by caches unless they say so."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return

        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *_ALWAYS]
                said = {name.lower() for name, _ in headers}
                message["headers"] = [*headers, *(header for header in _UNLESS_SAID if header[0] not in said)]
            await send(message)

        await app(scope, receive, send_safe)

    return served
