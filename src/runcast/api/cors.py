"""Cross-origin requests: pages of any origin may call with a token; no cookie is ever sent along.

Wraps the whole app, so that errors have the headers too.
"""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

MAX_AGE_S = 300
EXPOSED = (
    "electric-cursor, electric-handle, electric-offset, electric-schema, electric-up-to-date, retry-after, x-request-id, "
    "x-stream-version, x-trigger-jwt, x-trigger-jwt-claims"
)


def allow_origins(app: ASGIApp) -> ASGIApp:
    """The app, answering preflights and saying that pages of other origins may read what it says."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        asked = dict(scope["headers"])
        if scope["type"] != ScopeType.HTTP or b"origin" not in asked:
            await app(scope, receive, send)
            return
        if scope.get("method") == "OPTIONS" and b"access-control-request-method" in asked:
            await send({"type": "http.response.start", "status": 204, "headers": _preflight(asked)})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_ALLOWED]
            await send(message)

        await app(scope, receive, send_allowed)

    return served


_ALLOWED = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", EXPOSED.encode())]


def _preflight(asked: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [
        *_ALLOWED,
        (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, HEAD"),
        (b"access-control-allow-headers", asked.get(b"access-control-request-headers", b"authorization, content-type")),
        (b"access-control-max-age", str(MAX_AGE_S).encode()),
        (b"vary", b"access-control-request-headers"),
    ]
