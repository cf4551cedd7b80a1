"""A process that is a worker: its connection on a thread of its own, its bodies on the main thread's loop."""

from __future__ import annotations

from collections.abc import Callable

from runcast.gateway import WorkerSession
from runcast.sdk.dial import Where
from runcast.sdk.registry import registry
from runcast.sdk.remote import RemoteWorkerGateway
from runcast.worker.link import Link
from runcast.worker.loop_watch import LoopWatch
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker


async def serve(
    where: Where,
    settings: WorkerSettings,
    *,
    on_open: Callable[[WorkerSession], None],
    obey: Callable[[Worker], None],
) -> bool:
    """Execute the tasks of this process until stopped, through engines that come and go.

    `obey` is handed the worker, to stop it. True when the process should be started anew: threads of its are stuck.
    """
    async with Link(RemoteWorkerGateway(where)) as link:
        worker = Worker(link, registry, settings, on_open=on_open, heartbeat=link.heartbeat)
        obey(worker)
        with LoopWatch(worker.executing):
            await worker.run()
    return worker.recycle
