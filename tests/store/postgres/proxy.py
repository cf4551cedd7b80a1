"""A way to a TCP server that can be cut, stopped, slowed down, and closed in one direction.

proxy = Proxy(server.port)
proxy.judge = lambda request: Fate.UNANSWERED if b"commit\0" in request else Fate.PASS
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto


class Fate(Enum):
    """What becomes of a request."""

    PASS = auto()
    LOST = auto()
    """The connection breaks before the server heard it."""
    STRANDED = auto()
    """The same, but the server does not learn that the connection broke."""
    UNANSWERED = auto()
    """The server does it; the connection breaks before the client learns so."""


class _Way:
    """One connection, and its other half."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.muted = False

    def cut(self) -> None:
        _close(self.client)
        _close(self.server)


class Proxy:
    """Listens on `port` until it is closed."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.judge: Callable[[bytes], Fate] = lambda _request: Fate.PASS
        self.delay_s = 0.0
        """Added to everything that passes, in either direction."""
        self._flows = threading.Event()
        self._flows.set()
        self._wait = threading.Event()
        self._ways: list[_Way] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection."""
        with self._lock:
            ways, self._ways = self._ways, []
        for way in ways:
            way.cut()

    def half_close(self) -> None:
        """Tell every client that the server says no more, while the server still listens."""
        for way in list(self._ways):
            with suppress(OSError):
                way.client.shutdown(socket.SHUT_WR)

    def hold(self) -> None:
        """Let nothing pass until `go_on`: it is not lost."""
        self._flows.clear()

    def go_on(self) -> None:
        self._flows.set()

    def close(self) -> None:
        _close(self._listener)
        self._flows.set()
        self._wait.set()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            way = _Way(client, server)
            with self._lock:
                self._ways.append(way)
            threading.Thread(target=self._requests, args=(way,), daemon=True).start()
            threading.Thread(target=self._answers, args=(way,), daemon=True).start()

    def _requests(self, way: _Way) -> None:
        while data := self._next(way.client):
            fate = self.judge(data)
            if fate is Fate.STRANDED:
                _close(way.client)
                return
            if fate is Fate.LOST:
                break
            way.muted = fate is Fate.UNANSWERED
            try:
                way.server.sendall(data)
            except OSError:
                break
        way.cut()

    def _answers(self, way: _Way) -> None:
        while (data := self._next(way.server)) and not way.muted:
            try:
                way.client.sendall(data)
            except OSError:
                return
        way.cut()

    def _next(self, end: socket.socket) -> bytes:
        try:
            data = end.recv(65_536)
        except OSError:
            return b""
        if self.delay_s:
            self._wait.wait(self.delay_s)
        self._flows.wait()
        return data


def _close(end: socket.socket) -> None:
    # `close` alone does not wake a thread that waits for data.
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
