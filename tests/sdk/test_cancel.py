"""`call.cancel()`: what a body gives up."""

from __future__ import annotations

import asyncio

import pytest

from runcast import Call, Failed, Ok, select, step, wait
from runcast.domain.run import RunStatus
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from runcast.testing import TestEngine

registry = Registry()


@task(registry=registry)
async def slow(n: int) -> int:
    await wait.for_("1h")
    return n


@task(registry=registry)
async def child_that_lost() -> str:
    child = slow.trigger_and_wait(1)
    winner, _ = await select(child, wait.for_("1s"))
    child.cancel()
    return f"{winner} {await status(child)}"


@task(registry=registry)
async def child_at_once() -> str:
    child = slow.trigger_and_wait(1)
    child.cancel()
    return await status(child)


@task(registry=registry)
def child_of_a_thread() -> str:
    child = slow.trigger_and_wait(1)
    child.cancel()
    found = child.result()
    return "ok" if isinstance(found, Ok) else found.status


@task(registry=registry)
async def batch() -> str:
    call = slow.batch_trigger_and_wait([1, 2])
    call.cancel()
    return " ".join("ok" if isinstance(found, Ok) else found.status for found in await call)


@task(registry=registry)
async def sleep() -> str:
    return await until_dropped(wait.for_("1h"))


@task(registry=registry)
async def token() -> str:
    return await until_dropped(wait.for_token(await wait.create_token(str)))


@task(registry=registry)
async def body_of_a_step() -> str:
    @step
    async def forever() -> None:
        await asyncio.Event().wait()

    return await until_dropped(forever())


async def status(call: Call[Ok[int] | Failed]) -> str:
    found = await call
    return "ok" if isinstance(found, Ok) else found.status


async def until_dropped(call: Call[object]) -> str:
    await asyncio.sleep(0)
    call.cancel()
    try:
        await call
    except asyncio.CancelledError:
        return "dropped"
    return "done"


@pytest.mark.parametrize("evict_after", ["0s", "60s"])
@pytest.mark.parametrize(
    ("body", "output"),
    [
        (child_that_lost, "1 CANCELED"),
        (child_at_once, "CANCELED"),
        (child_of_a_thread, "CANCELED"),
        (batch, "CANCELED CANCELED"),
        (sleep, "dropped"),
        (token, "dropped"),
        (body_of_a_step, "dropped"),
    ],
)
async def test_what_a_body_cancels_ends_now(body: object, output: str, evict_after: str) -> None:
    async with TestEngine(list(registry), evict_after=evict_after) as engine:
        begun = engine.clock.now_ms()
        run = await body.trigger()  # type: ignore[attr-defined]
        assert (await engine.finish(run)).unwrap() == output
        assert engine.clock.now_ms() - begun < 5_000
        found = await engine.client.list()
        assert {one.status for one in found.runs} <= {RunStatus.COMPLETED, RunStatus.CANCELED}
