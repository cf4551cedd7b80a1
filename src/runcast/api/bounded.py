"""Connections that are bounded before anybody knows who asks: in their number, in the size of a request's head, and in the
time it takes.

uvicorn bounds none of them with `httptools`: whoever sends headers without end, or a byte a minute, would hold memory and
connections for ever, without a key.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
HEAD_S = 30.0
"""From the first byte of a request, or from the connection, to the end of its headers."""
BODY_S = 60.0
"""Between two pieces of a body."""
FILES_KEPT = 128
"""Of the files that the process may have open, for the database and whatever else it does."""


def connections_max() -> float:
    """As many as the process may have files open, but for those that are kept: without one the database fails."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float("inf") if files == resource.RLIM_INFINITY else max(1, files - FILES_KEPT)


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose request is too large before its body, or too slow.

    A request is in its head, then in its body, then whole; a deadline is set only while the rest is awaited. What follows
    the body (trailers) is no part of its head: nobody asks for it, and whoever is in front has not looked at it.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = True
        self._is_whole = False
        self._head_bytes = 0
        self._has_body = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > connections_max():
            self._refuse(b"503 Service Unavailable\r\nretry-after: 1")
            return
        self._await_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._has_body = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._is_whole:
            self._stop_waiting()
            return
        if self._in_head or not self._has_body:
            # A piece of a body is no head, however long it is; the trailers after it are as bounded as a head is.
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse(b"431 Request Header Fields Too Large")
                return
        self._await_rest()

    def _refuse(self, said: bytes) -> None:
        self.transport.write(b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % said)
        self.transport.close()

    def on_message_begin(self) -> None:
        self._in_head, self._is_whole, self._head_bytes = True, False, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._has_body, self._head_bytes = True, 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_whole = True
        super().on_message_complete()

    def _await_rest(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_S if self._in_head else BODY_S, self._give_up)
        elif not self._in_head:
            self._stop_waiting()
            self._await_rest()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self._is_whole and self.flow.read_paused:
            # It is we who do not read.
            self._await_rest()
        elif not self._is_whole:
            self.transport.close()
