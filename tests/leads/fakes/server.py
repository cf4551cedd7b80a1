"""An HTTP server in a thread that answers as it is told, also by breaking off and by falling silent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Fault(Enum):
    """What may happen amid an answer."""

    CUT = "the connection closes"
    STALL = "nothing more comes"


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """An answer: JSON, or parts that are sent one by one."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    parts: Sequence[str | bytes | Fault] | None = None
    content_type: str = "application/json"


class FakeServer:
    """Answers with `plan` in order, then as `answer` says."""

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.plan: list[Reply] = []
        self.seen: list[Asked] = []
        self._answer = answer
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def reply(self, asked: Asked) -> Reply:
        self.seen.append(asked)
        return self.plan.pop(0) if self.plan else self._answer(asked)

    def stall(self) -> None:
        """Until the test is over."""
        self._released.wait(30)

    def close(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(answer: Callable[[Asked], Reply]) -> Iterator[FakeServer]:
    server = FakeServer(answer)
    try:
        yield server
    finally:
        server.close()


def _handler(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.close_connection = True
            length = int(self.headers.get("content-length") or 0)
            text = self.rfile.read(length)
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, query, headers, json.loads(text) if text else None)
            self._send(server.reply(asked))

        def _send(self, reply: Reply) -> None:
            try:
                self._send_head(reply)
                for part in reply.parts if reply.parts is not None else [_encoded(reply.body)]:
                    if part is Fault.CUT:
                        return
                    if part is Fault.STALL:
                        server.stall()
                        return
                    data = part.encode() if isinstance(part, str) else part
                    assert isinstance(data, bytes)
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if data else b"")
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")
            except OSError:
                return  # whoever asked has gone

        def _send_head(self, reply: Reply) -> None:
            self.send_response(reply.status)
            self.send_header("content-type", reply.content_type)
            self.send_header("transfer-encoding", "chunked")
            self.send_header("connection", "close")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815 - names that http.server looks for

        def log_message(self, format: str, *args: Any) -> None:
            """Tests read what was seen."""

    return Handler


def _encoded(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
