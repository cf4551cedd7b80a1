"""Opens a connection to an engine through its HTTP API: the wire's frames in the messages of a WebSocket."""

from __future__ import annotations

import ssl

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from runcast.domain.address import Address
from runcast.domain.errors import AccessDenied, Unavailable
from runcast.wire import GATEWAY_PATH, MESSAGE_BYTES_MAX, MessageSink, MessageSource

PING_S = 20.0
"""Between two questions whether the other end is there; what lies between keeps a connection that is not silent."""
CLOSE_S = 2.0


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception:
        """Nowhere else: the key is for this address."""
        return exc


async def dial_web(address: Address, key: str, tls: ssl.SSLContext | None) -> tuple[MessageSource, MessageSink]:
    """Raises `Unavailable`, `AccessDenied`, and what `websockets` and sockets raise when nobody answers."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    url = f"{'ws' if tls is None else 'wss'}://{host}:{address.port}{address.path}{GATEWAY_PATH}"
    try:
        connection = await _Connect(
            url,
            ssl=tls,
            additional_headers={"Authorization": f"Bearer {key}"} if key else None,
            compression=None,
            max_size=MESSAGE_BYTES_MAX,
            open_timeout=None,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=CLOSE_S,
        )
    except InvalidStatus as error:
        raise _refusal(error) from error
    except WebSocketException as error:
        raise Unavailable(f"what answers there is no Runcast API: {error}") from error
    return _stream(connection)


def _refusal(error: InvalidStatus) -> AccessDenied | Unavailable:
    status = error.response.status_code
    try:
        said = msgspec.json.decode(error.response.body or b"{}", type=_Refusal).error
    except msgspec.DecodeError:
        said = ""
    if status in (401, 403):
        return AccessDenied(f"the key is not accepted: {said or status}")
    return Unavailable(said or f"it answers {status}: is it the address of a Runcast API?")


def _stream(connection: ClientConnection) -> tuple[MessageSource, MessageSink]:
    async def receive() -> bytes | None:
        try:
            message = await connection.recv(decode=False)
        except ConnectionClosed:
            return None
        return bytes(message)

    async def send(message: bytes) -> None:
        try:
            await connection.send(message)
        except ConnectionClosed as error:
            raise ConnectionResetError(str(error)) from error

    return MessageSource(receive), MessageSink(send, connection.close)
