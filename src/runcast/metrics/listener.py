"""The little HTTP listener of `/metrics` and `/healthz`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from runcast.domain.errors import InvalidInput, Unavailable

PATIENCE_S = 10.0
"""How long a client may take to say what it wants."""
POLL_S = 0.1
"""How often it looks whether it should stop."""
Answer = tuple[str, str]
"""HTTP status and text."""
App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def parse_address(text: str, *, public: bool) -> tuple[str, int]:
    """Host and port of `127.0.0.1:9464`, `[::1]:9464` or `9464`.

    Raises `InvalidInput` for anything else, and for an address that other machines reach unless `public` says so.

    >>> parse_address("9464", public=False)
    ('127.0.0.1', 9464)
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if colon else "127.0.0.1"
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise InvalidInput(f"metrics is host:port, such as 127.0.0.1:9464, got {text!r}")
    if not public and not _is_loopback(host):
        raise InvalidInput(
            f"metrics {text!r}: other machines may reach this address, and whoever does can read the names of queues "
            "and how much is done. If that is meant, say --metrics-public; else use 127.0.0.1."
        )
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        # Without the look-up of the host's name, which may take seconds.
        super(WSGIServer, self).server_bind()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is none of ours."""


class _Handler(WSGIRequestHandler):
    timeout = PATIENCE_S

    def log_message(self, format: str, *args: Any) -> None:
        """Who reads the metrics is not told of."""


class Listener:
    """Serves from `start` to `close`, each request on a thread of its own."""

    def __init__(self, address: tuple[str, int], *, metrics: App, health: Callable[[], Answer]) -> None:
        self._metrics = metrics
        self._health = health
        host, port = address
        kind = type("Server", (_Server,), {"address_family": _family(host)})
        try:
            self._server = kind((host, port), _Handler)
        except OSError as error:
            raise Unavailable(f"metrics cannot listen on {host}:{port}: {error.strerror or error}") from error
        self._server.set_app(self._answer)
        self._thread = Thread(target=self._server.serve_forever, args=(POLL_S,), name="runcast-metrics", daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{f'[{host}]' if ':' in str(host) else host}:{port}/metrics"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Blocks until nothing is accepted any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                return self._metrics(environ, start_response)
            case "/healthz":
                status, text = self._health()
            case _:
                status, text = "404 Not Found", "there are /metrics and /healthz\n"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [text.encode()]


def _family(host: str) -> int:
    import socket

    return socket.AF_INET6 if ":" in host else socket.AF_INET
