"""`/api/v1/gateway`: the socket's frames in the messages of a WebSocket, for whoever has a key of this API.

Workers and programs in Python need what those beside the server have, through the one port that load balancers and
whatever ends TLS know. The key is in the header of the handshake, so strangers get a plain HTTP answer.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected

from runcast.api.auth import Connection, identify, still_admits
from runcast.api.caller import Caller
from runcast.api.confined_client import ConfinedClient
from runcast.api.confined_worker import ConfinedWorkers
from runcast.api.context import Api
from runcast.api.errors import ErrorBody, Refused, status_of
from runcast.domain.errors import InvalidInput, RuncastError
from runcast.socket_server import Served
from runcast.wire import GATEWAY_PATH, MessageSink, MessageSource

_GOING_AWAY = 1012
"""The server is being restarted: come back."""
_NO_FRAME = 1003
CONNECTIONS_MAX = 4_096
ADMITTED_S = 5.0
"""How often is asked whether who is connected would be let in now."""


def open_gateway(app: ASGIApp, api: Api) -> ASGIApp:
    """The app, serving the gateways at their path."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) == "websocket":
            await _Door(api, scope, receive, send).serve()
        else:
            await app(scope, receive, send)

    return served


class _Door:
    """One WebSocket, from its handshake to its end."""

    def __init__(self, api: Api, scope: Any, receive: Any, send: Any) -> None:
        self._api = api
        self._scope = scope
        self._receive = receive
        self._send = send

    async def serve(self) -> None:
        await self._receive()
        try:
            caller = await self._admit()
        except Refused as refusal:
            await self._refuse(refusal)
            return
        except RuncastError as error:
            await self._refuse(Refused(status_of(error), str(error), code=error.code))
            return
        await self._send({"type": "websocket.accept"})
        sink = MessageSink(self._say, self._end)
        served = self._api.gateways.start(self._served(caller, sink).serve())
        # Whoever stops the server ends it; what is raised there is logged there.
        while not (await asyncio.wait({served}, timeout=ADMITTED_S))[0]:
            if not await still_admits(self._api, self._connection, caller):
                # It hears why when it comes back.
                sink.close()

    async def _admit(self) -> Caller:
        if self._scope["path"] != GATEWAY_PATH:
            raise Refused(404, "there is no WebSocket here")
        if len(self._api.gateways) >= CONNECTIONS_MAX:
            raise Refused(503, f"the engine has {CONNECTIONS_MAX:,} such connections, and takes no more")
        caller = await identify(self._api, self._connection)
        if caller.role is None or caller.person_id is not None:
            raise Refused(403, "the gateway is for API keys: a public token, or a person's session, uses the API")
        return caller

    async def _refuse(self, refusal: Refused) -> None:
        if "websocket.http.response" not in self._scope.get("extensions", {}):
            await self._send({"type": "websocket.close", "code": 1008, "reason": refusal.detail[:120]})
            return
        body = msgspec.json.encode(ErrorBody(refusal.body.error, refusal.body.code))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._send({"type": "websocket.http.response.start", "status": refusal.status_code, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body})
        # uvicorn takes a return after such an answer for a mistake, and would log each stranger as an error.
        raise ClientDisconnected

    @property
    def _connection(self) -> Connection:
        return ASGIConnection(self._scope, self._receive, self._send)

    def _served(self, caller: Caller, sink: MessageSink) -> Served:
        engine, client = self._api.engine, self._scope.get("client")
        source = MessageSource(self._next)
        if caller.everywhere:
            # A program of this machine without a key, in `runcast dev`: it could take the local socket as well.
            return Served(source, sink, engine, engine)
        confined: Any = ConfinedClient(engine, caller)
        return Served(source, sink, confined, ConfinedWorkers(engine, caller), origin=client[0] if client else "")

    async def _next(self) -> bytes | None:
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return None
        data: bytes | None = message.get("bytes")
        if data is None:
            raise InvalidInput("frames travel in binary messages")
        return data

    async def _say(self, data: bytes) -> None:
        await self._send({"type": "websocket.send", "bytes": data})

    async def _end(self) -> None:
        try:
            await self._send({"type": "websocket.close", "code": _GOING_AWAY})
        except (OSError, RuntimeError):
            pass  # the other side closed it before
