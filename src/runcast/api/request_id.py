"""Every response has an `x-request-id`: that of the request, or a new one."""

from __future__ import annotations

import re

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from runcast.sdk.fresh_ids import fresh_id

_FIT = re.compile(rb"[\w.:-]{1,128}", re.ASCII)


def number_requests(app: ASGIApp) -> ASGIApp:
    """The app, saying in each response which request it answers."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request_id = given if _FIT.fullmatch(given) else fresh_id("req").encode()

        async def send_numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        await app(scope, receive, send_numbered)

    return served
