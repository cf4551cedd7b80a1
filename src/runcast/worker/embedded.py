"""A worker inside the engine's process, on a thread and an event loop of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future
from contextlib import suppress

from runcast.clock import Clock
from runcast.domain.errors import EngineStopped, RuncastError
from runcast.gateway import WorkerGateway, WorkerSession
from runcast.sdk.registry import Registry
from runcast.worker.loop_watch import LoopWatch
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker

START_AGAIN_S = 0.2
"""From a worker that broke to the next."""
LEFT_S = 1.0
"""What bodies that go on after the stop get to end."""

log = logging.getLogger("runcast")


class EmbeddedWorker:
    """Starts a `Worker` on a thread: user code must never share the loop that serves HTTP or the database.

    >>> worker = EmbeddedWorker(engine, registry)  # doctest: +SKIP
    >>> worker.start()  # doctest: +SKIP
    >>> worker.stop(grace_ms=10_000)  # doctest: +SKIP
    """

    def __init__(
        self,
        gateway: WorkerGateway,
        registry: Registry,
        settings: WorkerSettings | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._gateway = gateway
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._opened: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker: Worker | None = None
        self._session: WorkerSession | None = None
        """The one that is open now, or was when the loop broke."""
        self._stopped = threading.Event()
        self._served = threading.Event()
        self._thread = threading.Thread(target=self._run, name="runcast-worker", daemon=True)

    def start(self) -> None:
        """Start the thread; returns at once. `wait_until_open` tells when it takes work."""
        self._thread.start()

    def wait_until_open(self, timeout_s: float | None = None) -> None:
        """Block until the first session is open. Not on the engine's loop, which opens it."""
        self._opened.result(timeout_s)

    async def opened(self) -> None:
        """The same, for the engine's loop."""
        await asyncio.wrap_future(self._opened)

    def stop(self, *, grace_ms: int | None = None) -> None:
        """Begin the graceful stop; `join` or `joined` waits for its end."""
        self._stopped.set()
        loop, worker = self._loop, self._worker
        if loop is not None and worker is not None:
            # The loop may be closed already: then the worker has stopped.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(lambda: worker.stop(grace_ms=grace_ms))

    def join(self, timeout_s: float | None = None) -> None:
        """Block until the worker has stopped. A body that ignores its cancellation keeps the thread, which is a daemon
        for that reason, but nobody waits for it."""
        if self._served.wait(timeout_s):
            self._thread.join(LEFT_S)

    async def joined(self) -> None:
        """Wait until the worker has stopped, without blocking the loop."""
        await asyncio.to_thread(self.join)

    def _run(self) -> None:
        try:
            self._serve_on()
        finally:
            self._served.set()

    def _serve_on(self) -> None:
        while not self._stopped.is_set():
            try:
                asyncio.run(self._serve())
                return
            except EngineStopped as error:
                self._end_with_engine(error)
                return
            except BaseException as error:
                if not self._opened.done():
                    self._opened.set_exception(error)
                    return
                # A callback that exits ends the event loop. A process would be replaced, and so is this loop.
                log.critical("the worker broke; what it executed is taken back, and it starts again", exc_info=True)
                self._stopped.wait(START_AGAIN_S)

    def _end_with_engine(self, error: EngineStopped) -> None:
        """Its engine is in this process: no other will come."""
        if self._opened.done():
            log.critical("the worker ends, because its engine has stopped: %s", error)
        else:
            self._opened.set_exception(error)

    async def _serve(self) -> None:
        if self._session is not None:
            await self._leave(self._session)
        self._loop = asyncio.get_running_loop()
        self._worker = Worker(
            self._gateway,
            self._registry,
            self._settings,
            embedded=True,
            clock=self._clock,
            on_open=self._on_open,
        )
        if self._stopped.is_set():
            self._worker.stop()
        with LoopWatch(self._worker.executing):
            await self._worker.run()
        self._served.set()

    async def _leave(self, session: WorkerSession) -> None:
        """Give up what the worker held that broke. If that fails, the engine's rescue tries again."""
        try:
            await session.lost()
        except RuncastError as error:
            log.warning("what a broken worker held is taken back later: %s", error)
        except Exception:
            log.exception("what a broken worker held is taken back later")
        # Not before: if this loop is broken too, the next one must still know.
        self._session = None

    def _on_open(self, session: WorkerSession) -> None:
        self._session = session
        if not self._opened.done():
            self._opened.set_result(None)
