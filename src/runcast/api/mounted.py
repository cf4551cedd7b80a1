"""The API below a path: of a proxy, or of another application on an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected

from runcast.domain.errors import EngineStopped
from runcast.http_settings import ApiSettings

_TRY_AGAIN_LATER = 1013
ROOT = "runcast.root"
"""The key of a scope with the path that the app is mounted below: for links in pages."""


def below_path(app: ASGIApp) -> ASGIApp:
    """The app, seeing only what comes after the path that it is mounted below."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "")
        if scope["type"] in (ScopeType.HTTP, ScopeType.WEBSOCKET) and root:
            inner: dict[str, Any] = {**scope, "root_path": "", ROOT: root}
            # uvicorn puts the path in front, and proxies differ in whether they took it away before.
            for _ in range(2):
                if (path := inner["path"]) == root or path.startswith(f"{root}/"):
                    inner["path"] = path[len(root) :] or "/"
                    inner["raw_path"] = inner["raw_path"].removeprefix(root.encode()) or b"/"
            scope = inner  # type: ignore[assignment]
        await app(scope, receive, send)

    return served


class Mounted:
    """The API of an engine in an application whose loop is another: each message crosses over."""

    def __init__(
        self, make: Callable[[ApiSettings], Awaitable[ASGIApp]], settings: ApiSettings, loop: asyncio.AbstractEventLoop
    ) -> None:
        """`make`: on `loop`; the app of the engine that is started. Raises `EngineStopped` while none is."""
        self._make = make
        self._settings = settings
        self._loop = loop

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if str(scope["type"]) == "lifespan":
            await _live(receive, send)
            return
        outer = asyncio.get_running_loop()

        async def receive_across() -> Any:
            return await _across(outer, receive())

        async def send_across(message: Message) -> None:
            await _across(outer, send(message))

        await _across(self._loop, self._serve(scope, receive_across, send_across))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            app = await self._make(self._settings)
        except EngineStopped as error:
            await _refuse(scope, receive, send, error)
            return
        await app(scope, receive, send)


async def _across(loop: asyncio.AbstractEventLoop, awaitable: Awaitable[Any]) -> Any:
    """Await on another loop; a cancellation here is one there."""

    async def awaited() -> Any:
        return await awaitable

    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(awaited(), loop))


async def _refuse(scope: Any, receive: Any, send: Any, error: EngineStopped) -> None:
    kind = "" if scope["type"] == ScopeType.HTTP else "websocket."
    if kind:
        await receive()
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER})
            return
    body = msgspec.json.encode({"error": str(error), "code": error.code})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}http.response.start", "status": 503, "headers": headers})
    await send({"type": f"{kind}http.response.body", "body": body, "more_body": False})
    if kind:
        # uvicorn takes a return after such an answer for a mistake, and would log each attempt as an error.
        raise ClientDisconnected


async def _live(receive: Any, send: Any) -> None:
    """Nothing is started or stopped here."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
