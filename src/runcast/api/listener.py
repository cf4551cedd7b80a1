"""Serves an ASGI app with uvicorn, on the loop of the engine: from `start` until `close`."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from runcast.api.bounded import BoundedProtocol
from runcast.domain.errors import Unavailable
from runcast.wire import MESSAGE_BYTES_MAX

_LOG = logging.getLogger("uvicorn.error")
BACKLOG = 2_048
GRACE_S = 2
"""How long requests in flight get when it closes. Streams are cut off then, and their clients reconnect elsewhere."""
TICK_S = 0.1
TICKS_PER_DAY = 864_000
KEEP_ALIVE_S = 75
"""Longer than the usual 60 s of proxies, so that the proxy closes first and no request meets a closed connection."""


class _CutOnPurpose(logging.Filter):
    """A stream that breaks off says by it that it is not complete: nothing that an operator need know."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "ASGI callable returned without completing response."


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        self.should_exit = True
        self._leaving.set()

    async def main_loop(self) -> None:
        """As uvicorn's, but it hears at once that it is to end."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + 1) % TICKS_PER_DAY
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._leaving.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Whoever runs the process handles its signals."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Without the pause that uvicorn makes for connections, where there are none."""
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
            await server.wait_closed()


class Listener:
    """One port. Port 0: any free one."""

    def __init__(
        self, app: Any, host: str, port: int, *, root_path: str = "", forwarded_from: Sequence[str] = ("127.0.0.1",)
    ) -> None:
        """`root_path`: where a proxy mounts it. `forwarded_from`: proxies whose `X-Forwarded-*` are believed."""
        self._socket = _bind(host, port)
        config = uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="websockets-sansio",
            ws_max_size=MESSAGE_BYTES_MAX,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            root_path=root_path,
            proxy_headers=True,
            forwarded_allow_ips=list(forwarded_from),
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self._server = _Server(config)
        self._filter = _CutOnPurpose()
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def start(self) -> None:
        """Return when it accepts connections."""
        _LOG.addFilter(self._filter)
        self._task = asyncio.create_task(self._server.serve([self._socket]), name="runcast-http")
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.001)

    async def close(self) -> None:
        """Stop accepting, let requests end, cut off what does not."""
        self._server.leave()
        if self._task is not None:
            await self._task
        _LOG.removeFilter(self._filter)
        self._socket.close()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol: of a socket without it asyncio does not turn off Nagle's delay, which costs an answer 40 ms.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        taken = " (another program has it: choose another port with --port)" if error.errno == errno.EADDRINUSE else ""
        raise Unavailable(f"cannot serve HTTP on {host}:{port}: {error.strerror}{taken}") from error
    bound.setblocking(False)
    return bound
