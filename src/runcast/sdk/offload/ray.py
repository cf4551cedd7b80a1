"""Step bodies on a Ray cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from runcast import config
from runcast.domain.errors import BodyLost, InvalidInput, Unavailable
from runcast.sdk.offload.body import Body
from runcast.sdk.offload.far import execute
from runcast.sdk.offload.places import required
from runcast.sdk.resource import resource


class Ray:
    """Executes bodies as tasks of a Ray cluster: `host:6379`, `ray://host:10001`, or what `ray.init` connected to before.

    A task of Ray ends with the process that asked for it, so when a worker of Runcast dies the body is repeated, as any
    step is. `options` are those of a remote function, such as `num_cpus`, `num_gpus`, `resources` and `runtime_env`.

    >>> offload.use("gpu", offload.Ray("ray://head:10001", num_gpus=1))  # doctest: +SKIP
    """

    reattaches = False

    def __init__(self, cluster: str = "", **options: Any) -> None:
        self._cluster = cluster
        self._options = options
        self._ray = resource(self._connect)

    async def _connect(self) -> AsyncIterator[Any]:
        ray = required("ray", place="ray")
        if ray.is_initialized():
            yield ray
            return
        address = self._cluster or config.load().settings.ray
        if not address:
            raise InvalidInput("step(on='ray') needs a cluster: set RUNCAST_RAY=host:6379, or call ray.init() before")
        try:
            await asyncio.to_thread(partial(ray.init, address, namespace="runcast", log_to_driver=False))
        except (OSError, RuntimeError) as error:
            raise Unavailable(f"no Ray cluster answers at {address!r}: {error}") from error
        yield ray
        await asyncio.to_thread(ray.shutdown)

    async def submit(self, body: Body) -> Any:
        body.check_importable("ray")
        ray = await self._ray()
        remote = ray.remote(execute).options(**{"name": body.step, **self._options})
        return remote.remote(body.encode())

    async def wait(self, handle: Any) -> bytes:
        ray = await self._ray()
        try:
            answer: bytes = await asyncio.wrap_future(handle.future())
        except ray.exceptions.RayError as error:
            raise BodyLost(f"Ray lost the step's body: {type(error).__name__}: {error}") from error
        return answer

    def cancel(self, handle: Any) -> None:
        required("ray", place="ray").cancel(handle, force=True)
