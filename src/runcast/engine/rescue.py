"""Takes back the runs of workers whose lease ran out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from runcast.store import workers
from runcast.store.rows import Process
from runcast.store.store import Store


class Rescue:
    """A tick looks for dead workers.

    At boot those of the engine's earlier process are dead for certain, and so are those of processes that are gone from
    this host: their runs need not wait for a lease to run out.
    """

    name = "rescue"

    def __init__(
        self,
        store: Store,
        *,
        every_ms: int,
        leave: Callable[[str], None],
        is_gone: Callable[[int, str], bool],
    ) -> None:
        self._store = store
        self._every_ms = every_ms
        self._leave = leave
        self._is_gone = is_gone
        self._left: dict[str, bool] = {}
        """Workers whose session ended and whose runs are not taken back yet; True: they died."""

    async def boot(self, now: int) -> None:
        """Take back what an earlier engine process held. Before any worker opens a session."""
        processes = await self._store.read(workers.processes)
        gone = [process for process in processes if self._is_gone(process.pid, process.host)]
        await self._rescue(now, boot=True, gone=gone)

    async def take_back(self, worker_id: str, now: int, *, deaths: bool) -> None:
        """A session ended. Whatever fails now, ticks try again: nobody else would, for a worker without lease."""
        self._left[worker_id] = deaths
        self._leave(worker_id)
        await self._store.write(partial(workers.rescue, [worker_id], now, deaths=deaths))
        self._left.pop(worker_id, None)

    async def tick(self, now: int) -> int | None:
        failures = [await self._failure(worker_id, now) for worker_id in list(self._left)]
        await self._rescue(now, boot=False)
        for failure in failures:
            if failure is not None:
                raise failure
        return now + self._every_ms

    async def _failure(self, worker_id: str, now: int) -> Exception | None:
        """Try again; why it failed, so that one worker that cannot be taken back does not keep the others waiting."""
        try:
            await self.take_back(worker_id, now, deaths=self._left[worker_id])
        except Exception as error:  # noqa: BLE001 - raised by the tick that asked
            return error
        return None

    async def _rescue(self, now: int, *, boot: bool, gone: Sequence[Process] = ()) -> None:
        dead = await self._store.read(partial(workers.find_dead, now, boot=boot, gone=gone))
        if not dead:
            return
        for worker_id in dead:
            self._leave(worker_id)
        await self._store.write(partial(workers.rescue, dead, now, deaths=True))
