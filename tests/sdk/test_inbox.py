"""Sending from outside and from bodies, through every door."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcast import (
    Client,
    Conflict,
    Inbox,
    InvalidInput,
    InvalidPayload,
    NotDurableHere,
    NotFound,
    Retry,
    RunHandle,
    step,
    task,
)
from runcast.domain.ids import RunId
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.registry import Registry
from runcast.server import Server, ServerConfig
from runcast.testing import TestEngine
from runcast.wire import socket_path

REGISTRY = Registry()
WORDS = Inbox("words", type=str)


@task(registry=REGISTRY)
async def listen(count: int) -> list[str]:
    return [await WORDS.receive() for _ in range(count)]


@task(registry=REGISTRY, retry=Retry(max_attempts=2, min_s=0.001))
async def tell(run_id: str) -> None:
    await WORDS.send(run_id, "once")
    await step(fail_first)(run_id)
    await step(send_inside)(run_id)


FAILED: set[str] = set()


async def fail_first(run_id: str) -> None:
    if run_id not in FAILED:
        FAILED.add(run_id)
        raise ValueError("the first time")


async def send_inside(run_id: str) -> None:
    await WORDS.send(run_id, "from a step", key="step")


@pytest.mark.parametrize("evict_after", [None, 0])
async def test_a_body_that_is_tried_again_sends_once(evict_after: int | None) -> None:
    FAILED.clear()
    async with TestEngine([listen, tell], evict_after=evict_after) as engine:
        heard = await listen.trigger(2)
        await engine.run(tell, heard.id)
        assert (await engine.finish(heard)).output == ["once", "from a step"]
        assert len(await engine.client.messages(heard.id)) == 2


async def test_everything_works_through_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    async with Server(ServerConfig(database=str(path))) as server:
        client = Client(url=f"unix://{socket_path(path)}")
        handle: RunHandle[object] = await client.trigger("listen", {"count": 1}, delay="1h")
        sent = await client.send(handle.id, "words", "a", key="k")
        assert await handle.send("words", "other", key="k") == sent
        assert list(await client.messages(handle.id)) == [sent]
        assert await client.alerts() == []
        await client.cancel(handle.id)
        with pytest.raises(Conflict):
            await handle.send("words", "late")
        with pytest.raises(NotFound, match="no entry"):
            await server.engine.fork(handle.id, RunId(fresh_id("run")), from_key="nowhere")
        await client.close()


async def test_a_message_of_the_wrong_type_is_refused_where_it_is_sent() -> None:
    async with TestEngine([listen]):
        heard = await listen.trigger(1)
        with pytest.raises(InvalidPayload, match="message to inbox 'words'"):
            await WORDS.send(heard, 5)  # type: ignore[arg-type]


async def test_only_a_body_receives() -> None:
    with pytest.raises(NotDurableHere, match="send"):
        WORDS.receive()
    with pytest.raises(NotDurableHere):
        WORDS.peek()
    with pytest.raises(InvalidInput):
        Inbox("")
