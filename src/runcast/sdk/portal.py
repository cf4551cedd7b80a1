"""One background thread with an event loop, for code that blocks."""

from __future__ import annotations

import asyncio
import concurrent.futures.thread  # noqa: F401 - before `_register_atexit`: executors must outlive the portal
import logging
import os
import selectors
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, wait
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger("runcast")

DRAIN_S = 5.0
"""How long the end of the process waits for triggers that nobody waited for."""


class Portal:
    """A loop on a daemon thread; `submit` runs a coroutine there from any thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._pending: set[Future[Any]] = set()
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self._thread = threading.Thread(target=self.loop.run_forever, name="runcast-portal", daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T], *, finish: bool = False) -> Future[T]:
        """Start `coroutine` on the portal's loop. `finish`: the end of the process waits for it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        if finish:
            self._pending.add(future)
            future.add_done_callback(self._pending.discard)
        return future

    def on_close(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Await `closer()` on the portal's loop before it ends."""
        self._closers.append(closer)

    def forget(self, closer: Callable[[], Awaitable[None]]) -> None:
        """It is closed already."""
        if closer in self._closers:
            self._closers.remove(closer)

    def abandon(self) -> None:
        """Leave it to the parent, in a forked child. The kernel's list of what the loop listens to is the same for both: a
        transport that is finalized here would be taken off it, and the parent would never hear of its answers."""
        kept = getattr(self.loop, "_selector", None)
        if kept is not None:
            self.loop._selector = selectors.DefaultSelector()  # type: ignore[attr-defined]  # noqa: SLF001
        _abandoned.append((self, kept, asyncio.all_tasks(self.loop)))

    @property
    def is_here(self) -> bool:
        """Whether the caller runs on the portal's own thread, which must never block."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Finish what must be finished, close what is open, and end the thread."""
        done, late = wait(list(self._pending), timeout=DRAIN_S)
        for future in done:
            if not future.cancelled() and (error := future.exception()) is not None:
                log.error("a request that nobody waited for failed: %s", error)
        if late:
            log.error("%d requests that nobody waited for were given up at exit", len(late))
        try:
            asyncio.run_coroutine_threadsafe(self._shut_down(), self.loop).result(DRAIN_S)
        except TimeoutError:
            pass  # a daemon thread: the process ends anyway
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(DRAIN_S)
        if not self._thread.is_alive():
            self.loop.close()

    async def _shut_down(self) -> None:
        for closer in tuple(self._closers):
            try:
                await closer()
            except Exception:
                log.exception("what was open could not be closed at exit")
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self.loop.shutdown_asyncgens()


_abandoned: list[object] = []
"""What a forked child inherited and never uses: to let go of it would finalize it."""
_lock = threading.Lock()
_portal: Portal | None = None


def get_portal() -> Portal:
    """The portal of this process, started on first use."""
    global _portal
    with _lock:
        if _portal is None:
            _portal = Portal()
            # Not `atexit`: by then no thread may be started any more, and opening a database starts some.
            threading._register_atexit(close_portal)  # type: ignore[attr-defined]  # noqa: SLF001
        return _portal


def close_portal() -> None:
    """End the portal of this process, if there is one; the next use starts another."""
    global _portal
    with _lock:
        portal, _portal = _portal, None
    if portal is not None:
        portal.close()


def _forget_after_fork() -> None:
    """A forked child has the portal's object, but not its thread."""
    global _portal, _lock
    _lock = threading.Lock()
    if _portal is not None:
        _portal.abandon()
    _portal = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
