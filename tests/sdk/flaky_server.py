"""An HTTP server that answers as it is told: limits, faults, and then what was asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str]]
BREAK: Answer = (0, {})
"""The connection is closed without an answer."""
SILENCE: Answer = (-1, {})
"""Nothing is answered until the client gives up."""


class FlakyServer:
    """Answers with `plan` in order, then with 200."""

    def __init__(self) -> None:
        self.plan: list[Answer] = []
        self.seen: list[tuple[str, bytes]] = []
        self.released = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.headers.get("transfer-encoding") == "chunked":
                    while (size := int(self.rfile.readline(), 16)) > 0:
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                server.seen.append((self.command, body))
                status, headers = server.plan.pop(0) if server.plan else (200, {})
                if status <= 0:
                    if status < 0:
                        server.released.wait(10)
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                text = b"done" if status == 200 else b"later"
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = answer  # noqa: N815 - names that http.server looks for

            def log_message(self, format: str, *args: Any) -> None:
                """Tests read what was seen."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def flaky_server() -> Iterator[FlakyServer]:
    server = FlakyServer()
    try:
        yield server
    finally:
        server.close()
