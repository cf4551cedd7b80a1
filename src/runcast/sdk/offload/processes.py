"""Step bodies on processes of this machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

from runcast import config
from runcast.domain.errors import InvalidInput
from runcast.sdk.offload.body import Body
from runcast.sdk.offload.child_process import ChildProcess
from runcast.sdk.resource import resource

CALLS_MAX = 1_000
"""Bodies that one process executes before another takes its place: what leaks goes with it."""


class Processes:
    """Executes bodies on at most `size` processes that this one starts when it needs them, and keeps.

    Each executes one body at a time, and is replaced after `calls_max`. A body that is canceled or past its timeout is
    killed with its process; when the worker dies, its processes do.

    >>> offload.use("process", offload.Processes(size=4, calls_max=100))  # doctest: +SKIP
    """

    reattaches = False

    def __init__(self, size: int | None = None, *, calls_max: int = CALLS_MAX) -> None:
        if (size is not None and size < 1) or calls_max < 1:
            raise InvalidInput(f"a pool has 1 process or more, and each makes 1 call or more; got {size}, {calls_max}")
        self._size = size
        self._calls_max = calls_max
        self._pool = resource(self._open)

    async def _open(self) -> AsyncIterator[_Pool]:
        size = self._size or config.load().settings.offload_processes or os.cpu_count() or 1
        pool = _Pool(size, self._calls_max)
        yield pool
        await pool.close()

    async def submit(self, body: Body) -> _Call:
        return _Call(await self._pool(), body)

    async def wait(self, handle: _Call) -> bytes:
        return await handle.pool.execute(handle)

    def cancel(self, handle: _Call) -> None:
        if handle.child is not None:
            handle.child.kill()


class _Call:
    """A body, and the process that executes it as soon as there is one."""

    def __init__(self, pool: _Pool, body: Body) -> None:
        self.pool = pool
        self.body = body
        self.child: ChildProcess | None = None


class _Pool:
    """The processes of one event loop."""

    def __init__(self, size: int, calls_max: int) -> None:
        self._calls_max = calls_max
        self._room = asyncio.Semaphore(size)
        self._free: list[ChildProcess] = []
        self._leaving: list[ChildProcess] = []

    async def execute(self, call: _Call) -> bytes:
        async with self._room:
            self._leaving = [child for child in self._leaving if not child.has_ended()]
            child = self._take()
            call.child = child
            try:
                answer = await child.execute(call.body)
            except BaseException:
                child.kill()
                self._leaving.append(child)
                raise
            call.child = None
            self._give_back(child)
            return answer

    def _take(self) -> ChildProcess:
        while self._free:
            child = self._free.pop()
            if not child.has_ended():
                return child
        return ChildProcess()

    def _give_back(self, child: ChildProcess) -> None:
        if child.calls < self._calls_max:
            self._free.append(child)
        else:
            child.leave()
            self._leaving.append(child)

    async def close(self) -> None:
        """End all of them; whoever does not end soon is killed."""
        for child in self._free:
            child.leave()
        children, self._free, self._leaving = [*self._free, *self._leaving], [], []
        for child in children:
            await child.ended()
