"""Step bodies on a Dask cluster."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any

from runcast import config
from runcast.domain.errors import BodyLost, InvalidInput, Unavailable
from runcast.sdk.offload.body import Body
from runcast.sdk.offload.far import execute
from runcast.sdk.offload.places import required
from runcast.sdk.resource import resource

CONNECT_S = 10
KEEP_AFTER_S = (0.25, 2.0, 10.0)
"""Pauses after which the scheduler is asked to keep a task that is not done."""


class Dask:
    """Executes bodies on the cluster of a scheduler: `tcp://host:8786`, or of a `distributed.Client`.

    The body's id is the key of its Dask task. One that takes longer than a moment is kept by the scheduler until it is
    done, whoever asked for it: when a worker of Runcast dies, the one that goes on with the run finds it executing.
    `options` are those of `Client.submit`, such as `resources`, `workers` and `priority`.

    >>> offload.use("big", offload.Dask("tcp://scheduler:8786", resources={"MEMORY": 64e9}))  # doctest: +SKIP
    """

    reattaches = True

    def __init__(self, cluster: Any = "", **options: Any) -> None:
        self._cluster = cluster
        self._options = options
        self._client = resource(self._connect)

    async def _connect(self) -> AsyncIterator[Any]:
        distributed = required("distributed", place="dask")
        if not isinstance(self._cluster, str):
            # A client of a running event loop may be used only there; the program's own has a thread.
            if not isinstance(self._cluster, distributed.Client) or self._cluster.asynchronous:
                raise InvalidInput(
                    f"offload.use('dask', …) needs a scheduler's address or a distributed.Client made with "
                    f"asynchronous=False, got {self._cluster!r}"
                )
            yield self._cluster
            return
        address = self._cluster or config.load().settings.dask
        if not address:
            raise InvalidInput("step(on='dask') needs a scheduler: set RUNCAST_DASK=tcp://host:8786, or offload.use()")
        try:
            client = await asyncio.to_thread(
                partial(distributed.Client, address, set_as_default=False, timeout=CONNECT_S)
            )
        except OSError as error:
            raise Unavailable(f"no Dask scheduler answers at {address!r}: {error}") from error
        yield client
        await asyncio.to_thread(client.close)

    async def submit(self, body: Body) -> Any:
        body.check_importable("dask")
        client = await self._client()
        if client.status == "closed":
            # Its scheduler was away for too long.
            self._client = resource(self._connect)
            client = await self._client()
        # Dask groups tasks on its pages by what is before a long hexadecimal number.
        key = f"{re.sub(r'[^a-z0-9_.]', '_', body.step.lower())}-{body.id}"
        return client.submit(execute, body.encode(), key=key, **self._options)

    async def wait(self, handle: Any) -> bytes:
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        handle.add_done_callback(lambda _: loop.call_soon_threadsafe(done.set))
        is_kept = await _keep_until(done, handle)
        try:
            answer: bytes = await asyncio.to_thread(handle.result)
        except Exception as error:
            raise BodyLost(f"Dask lost the step's body: {type(error).__name__}: {error}") from error
        finally:
            if is_kept:
                self.cancel(handle)
            else:
                handle.release()
        return answer

    def cancel(self, handle: Any) -> None:
        # A function that executes already goes on, and its result is dropped.
        asyncio.get_running_loop().run_in_executor(None, _forget, handle)


async def _keep_until(done: asyncio.Event, future: Any) -> bool:
    """Wait, and have the scheduler keep what takes long; returns whether it was asked to.

    It forgets by itself only what ends after that, and it hears nothing of a key that it has not yet taken up: so it is
    told late, and more than once.
    """
    distributed = required("distributed", place="dask")
    is_kept = False
    for pause_s in KEEP_AFTER_S:
        try:
            async with asyncio.timeout(pause_s):
                await done.wait()
            return is_kept
        except TimeoutError:
            distributed.fire_and_forget(future)
            is_kept = True
    await done.wait()
    return is_kept


def _forget(future: Any) -> None:
    # Its client may be closed by now, and with it everything that it held.
    with suppress(Exception):
        future.cancel(force=True)
