"""Where step bodies can be executed: names, and the executors behind them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

import msgspec

from runcast.domain.errors import ErrorInfo, InvalidInput
from runcast.domain.nearest import did_you_mean
from runcast.sdk.execution import Execution
from runcast.sdk.failures import Recorded
from runcast.sdk.offload.body import Body, Ended, make_body, place_in_run
from runcast.sdk.stopping import Stopping

BUILT_IN = {"process": "processes:Processes", "dask": "dask:Dask", "ray": "ray:Ray"}


@runtime_checkable
class Executor(Protocol):
    """Something that executes bodies elsewhere: `submit`, `wait`, `cancel`. All are called on the worker's event loop.

    >>> class Threads:
    ...     reattaches = False  # a body that executes is not found again by its id
    ...
    ...     async def submit(self, body):
    ...         return asyncio.create_task(asyncio.to_thread(offload.execute, body.encode()))
    ...
    ...     async def wait(self, handle):
    ...         return await handle
    ...
    ...     def cancel(self, handle):
    ...         handle.cancel()
    >>> offload.use("threads", Threads())  # doctest: +SKIP
    """

    reattaches: bool
    """A `submit` with the id of a body that is still executing finds that one, instead of starting another."""

    async def submit(self, body: Body) -> Any:
        """Put a body on its way; returns what the other two know it by. The work is `execute(body.encode())`."""
        ...

    async def wait(self, handle: Any) -> bytes:
        """What `execute` returned. Raises `BodyLost` when the place cannot say."""
        ...

    def cancel(self, handle: Any) -> None:
        """Nobody wants it any more: stop it as far as the place can. Does not wait."""
        ...


_executors: dict[str, Executor] = {}
"""By name, of this process: a pool and a cluster's client are shared by all its runs."""


def use(name: str, place: Any) -> None:
    """Say what `step(on=name)` means in this process: an executor, or for `"dask"` a client that is connected.

    >>> from runcast import offload
    >>> offload.use("process", offload.Processes(size=4))
    >>> offload.use("gpu", offload.Ray("ray://head:10001", num_gpus=1))

    It replaces what had the name before; bodies under way end where they are.
    """
    if name == "dask" and not isinstance(place, Executor):
        place = import_module("runcast.sdk.offload.dask").Dask(place)
    if not isinstance(place, Executor):
        raise InvalidInput(
            f"offload.use({name!r}, …) needs an executor with `submit`, `wait`, `cancel` and `reattaches`, got {place!r}"
        )
    _executors[name] = place


def find_executor(name: str) -> Executor:
    """What is behind a name. Raises `InvalidInput` for one that nobody knows."""
    found = _executors.get(name)
    if found is None:
        if name not in BUILT_IN:
            known = sorted({*BUILT_IN, *_executors})
            raise InvalidInput(
                f"step(on={name!r}): no such place.{did_you_mean(name, known)} There are {', '.join(known)}; "
                "offload.use() adds others"
            )
        module, _, kind = BUILT_IN[name].partition(":")
        found = _executors[name] = getattr(import_module(f"runcast.sdk.offload.{module}"), kind)()
    return found


async def execute_on(
    place: str,
    fn: Callable[..., Any],
    work: Callable[[], Any],
    *,
    step: str,
    execution: Execution,
    key: str,
    generation: int,
    number: int,
) -> str:
    """Execute one try of a step elsewhere; returns the text of its result, and raises the `Recorded` of its error."""
    executor = find_executor(place)
    id = place_in_run(execution.assignment, key, generation=generation, number=number)
    handle = await executor.submit(make_body(fn, work, step=step, id=id))
    try:
        answer = await executor.wait(handle)
    except BaseException:
        # Whoever executes the run next finds it there, or has found it already.
        if not (executor.reattaches and execution.stop in (Stopping.HAND_BACK, Stopping.FENCE)):
            executor.cancel(handle)
        raise
    ended = msgspec.msgpack.decode(answer, type=Ended)
    if ended.error:
        raise Recorded(msgspec.msgpack.decode(ended.error, type=ErrorInfo), is_final=ended.is_final)
    assert ended.value is not None
    return ended.value


def required(module: str, *, place: str) -> Any:
    """A module of an extra. Raises `InvalidInput` that says how to get it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise InvalidInput(
            f"step(on={place!r}) needs the package {module!r} ({error}): pip install 'runcast[{place}]'"
        ) from error
