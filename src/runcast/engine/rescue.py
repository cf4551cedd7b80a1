"""Takes back the runs of workers whose lease ran out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from runcast.store import workers
from runcast.store.store import Store


class Rescue:
    """A tick looks for dead workers; at boot, those that lived in the engine's own process are dead for certain."""

    name = "rescue"

    def __init__(self, store: Store, *, every_ms: int, leave: Callable[[str], None]) -> None:
        self._store = store
        self._every_ms = every_ms
        self._leave = leave

    async def boot(self, now: int) -> None:
        """Take back what an earlier engine process held. Before any worker opens a session."""
        await self._rescue(now, boot=True)

    async def tick(self, now: int) -> int | None:
        await self._rescue(now, boot=False)
        return now + self._every_ms

    async def _rescue(self, now: int, *, boot: bool) -> None:
        dead = await self._store.read(partial(workers.find_dead, now, boot=boot))
        if not dead:
            return
        for worker_id in dead:
            self._leave(worker_id)
        await self._store.write(partial(workers.rescue, dead, now, deaths=True))
