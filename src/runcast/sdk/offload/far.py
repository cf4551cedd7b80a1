"""Executes a body in the process that it was sent to; what it returns is what the journal will hold."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from random import Random
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import msgspec

from runcast.domain.errors import InvalidInput, NotDurableHere
from runcast.sdk.control import AbortRun
from runcast.sdk.execution import Execution
from runcast.sdk.failures import error_info
from runcast.sdk.offload.body import Body, Ended
from runcast.sdk.resource import close_loop_resources
from runcast.sdk.scope import Scope, Trial, current_scope
from runcast.sdk.step import Step


def execute(body: bytes) -> bytes:
    """Execute a `Body.encode()` here, on this thread; returns how it ended, also when it raised.

    For executors: the one function that a cluster is asked to call. It needs the modules of the body, and Runcast.
    """
    return msgspec.msgpack.encode(_ended(msgspec.msgpack.decode(body, type=Body)))


def _ended(body: Body) -> Ended:
    token = current_scope.set(FarScope(body))
    try:
        fn = body.load()
        args, kwargs = body.load_arguments()
        codec = Step(fn, retry=None, key=None, name=body.step).codec
        value = fn(*args, **kwargs)
        if inspect.isawaitable(value):
            value = asyncio.run(_awaited(value))
        return Ended(codec.encode(value, what=f"result of step {body.step!r}"))
    except BaseException as error:  # noqa: BLE001 - a step's failure is a record, `sys.exit()` included
        info = msgspec.msgpack.encode(error_info(error))
        return Ended(error=info, is_final=isinstance(error, AbortRun | InvalidInput))
    finally:
        current_scope.reset(token)


async def _awaited(value: Awaitable[Any]) -> Any:
    try:
        return await value
    finally:
        await close_loop_resources()


class FarScope(Scope):
    """The scope of a body that is away from its run."""

    __slots__ = ()
    is_far = True

    def __init__(self, body: Body) -> None:
        super().__init__(cast(Execution, _NoExecution(body.step, self)), "", Trial(body.step, 1))


class _NoExecution:
    """Stands where durable calls look for their execution, and says that there is none."""

    def __init__(self, step: str, scope: FarScope) -> None:
        self._step = step
        self.scope = scope
        self.host = SimpleNamespace(random=Random())
        """What `retrying` draws its pauses from."""

    def __getattr__(self, name: str) -> NoReturn:
        raise NotDurableHere(
            f"step {self._step!r} runs elsewhere (`on=`), away from its run: metadata, streams, tags, artifacts, usage, "
            "durable calls and current_run() are for the task's body; return what they need"
        )
