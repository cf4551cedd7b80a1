"""A worker inside the engine's process, on a thread and an event loop of its own.

User code never runs on the loop that serves clients and the database: a task that blocks its loop delays other tasks,
not the engine.
"""

from __future__ import annotations

import asyncio
import sys
import threading

from runcast.gateway import WorkerGateway, WorkerSession
from runcast.sdk.registry import Registry
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker

SWITCH_INTERVAL_S = 0.0005
"""Beside a CPU-bound body the engine's thread gets the interpreter after this long (default: 5 ms)."""


class EmbeddedWorker:
    """`start`, later `stop`; both from the engine's loop."""

    def __init__(self, gateway: WorkerGateway, registry: Registry, settings: WorkerSettings) -> None:
        self._opened: asyncio.Future[None] | None = None
        self._home: asyncio.AbstractEventLoop | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker = Worker(gateway, registry, settings, embedded=True, on_open=self._on_open)
        self._thread = threading.Thread(target=self._serve, name="runcast-worker", daemon=True)

    async def start(self) -> None:
        """Returns when the engine knows the worker and its tasks. Raises what keeps it from starting."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._home = asyncio.get_running_loop()
        self._opened = self._home.create_future()
        self._thread.start()
        await self._opened

    async def stop(self, *, grace_ms: int) -> None:
        """Let attempts finish for `grace_ms`, hand the rest back, end the thread."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(lambda: self._worker.stop(grace_ms=grace_ms))
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception as error:  # noqa: BLE001 - it belongs to whoever started the worker
            self._tell_home(error)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._worker.run()

    def _on_open(self, session: WorkerSession) -> None:
        self._tell_home(None)

    def _tell_home(self, error: Exception | None) -> None:
        assert self._home is not None
        self._home.call_soon_threadsafe(self._resolve, error)

    def _resolve(self, error: Exception | None) -> None:
        """The first opening, or failure, is what `start` waits for; a later failure is the loop's to report."""
        assert self._opened is not None
        if not self._opened.done():
            self._opened.set_result(None) if error is None else self._opened.set_exception(error)
        elif error is not None:
            raise error
