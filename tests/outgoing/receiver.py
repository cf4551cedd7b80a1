"""Servers of others, for tests: one that takes webhooks, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import NamedTuple

PATIENCE_S = 20.0


class Received(NamedTuple):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes


class Reply(NamedTuple):
    """What is answered."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Receiver:
    """A web server on loopback. `answer` says what to reply to which request; without it all is well."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.requests: Queue[Received] = Queue()
        self.answer: Callable[[Received], Reply] = lambda _: Reply()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                received = Received(self.path, {name.lower(): text for name, text in self.headers.items()}, body)
                receiver.requests.put(received)
                reply = receiver.answer(received)
                try:
                    self.send_response(reply.status)
                    for name, text in reply.headers:
                        self.send_header(name, text)
                    self.send_header("content-length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except OSError:
                    pass  # who asked has gone

            do_GET = do_POST  # noqa: N815 - the name that the library calls

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/runs"

    def next(self) -> Received:
        """The next request, once it comes."""
        return self.requests.get(timeout=PATIENCE_S)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that serves."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver._server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver._server.shutdown()
        receiver._server.server_close()
        thread.join()
