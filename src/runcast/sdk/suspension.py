"""Tells hooks that a body is about to wait, and that it goes on: once for the run, whatever its branches do.

working      some branch goes on by itself
announcing   all wait; the `on_wait` hooks run, and the engine does not hear of the wait before they are done
announced    the engine may take the slot
resuming     a branch has what it waited for; no branch goes on before the `on_resume` hooks are done
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from runcast.sdk.waiters import ThreadWait

if TYPE_CHECKING:
    from runcast.sdk.execution import Execution

Announce = Callable[[Sequence[str]], Awaitable[None]]
Resume = Callable[[], Awaitable[None]]


class _State(Enum):
    WORKING = "working"
    ANNOUNCING = "announcing"
    ANNOUNCED = "announced"
    RESUMING = "resuming"


class Suspension:
    """The waits of one execution that has hooks for them; on the loop, except `block`."""

    def __init__(self, execution: Execution, announce: Announce, resume: Resume) -> None:
        self._execution = execution
        self._announce = announce
        self._resume = resume
        self._state = _State.WORKING
        self._held: list[asyncio.Future[None] | ThreadWait] = []
        """Branches that are to go on after `on_resume`."""

    def announced(self, keys: Sequence[str]) -> bool:
        """Whether the engine may hear that the body waits for `keys`. If not, the hooks are told first."""
        if self._state is _State.WORKING:
            self._state = _State.ANNOUNCING
            # Now: what the body asked for in this moment is about to be sent, and then known only to the engine.
            self._begin(self._announced(self._announce(keys)))
        return self._state is _State.ANNOUNCED

    def gate(self) -> Generator[Any, None, None]:
        """A branch goes on: wait for `on_resume`."""
        if self._state is _State.WORKING:
            return
        held = self._execution.host.loop.create_future()
        self._hold(held)
        try:
            yield from held
        except asyncio.CancelledError:
            self._execution.raise_if_evicted()
            raise

    def block(self) -> None:
        """The same for a branch on a thread."""
        execution = self._execution
        if execution.stop is None:
            held = ThreadWait()
            execution.host.loop.call_soon_threadsafe(self._hold_thread, held)
            held.block()

    def _hold_thread(self, held: ThreadWait) -> None:
        if self._state is _State.WORKING or self._execution.stop is not None:
            held.set_result(None)
        else:
            self._execution.thread_wait = held
            self._hold(held)

    def _hold(self, held: asyncio.Future[None] | ThreadWait) -> None:
        self._held.append(held)
        if self._state is _State.ANNOUNCED:
            self._state = _State.RESUMING
            self._begin(self._resumed())

    def _begin(self, work: Any) -> None:
        # Work under way: the run cannot wait while its hooks run.
        self._execution.busy += 1
        self._execution.host.spawn(work)

    async def _announced(self, hooks: Awaitable[None]) -> None:
        try:
            await hooks
        finally:
            self._state = _State.ANNOUNCED
            if self._held:
                # Something was there before the hooks were done.
                self._state = _State.RESUMING
                self._begin(self._resumed())
            self._execution.busy -= 1
            self._execution.host.changed(self._execution)

    async def _resumed(self) -> None:
        try:
            await self._resume()
        finally:
            self._state = _State.WORKING
            held, self._held = self._held, []
            for one in held:
                if not one.done():
                    one.set_result(None)
            self._execution.busy -= 1
            self._execution.host.changed(self._execution)
