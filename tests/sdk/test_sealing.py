"""A codec in the user's process: the database holds nothing readable, and everything works as without one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from runcast import Client, Codec, Inbox, InvalidInput, InvalidPayload, TaskFailed, metadata, step, task, wait
from runcast.domain.journal import EntryKind
from runcast.domain.run import RunStatus
from runcast.sdk.registry import Registry
from runcast.sdk.remote import RemoteWorkerGateway
from runcast.sdk.sealing import SEALED, find_codec, seal, unseal
from runcast.server import Server, ServerConfig
from runcast.testing import TestEngine
from runcast.wire import socket_path
from runcast.worker.link import Link
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker
from tests.worker.world import World

REGISTRY = Registry()
SECRET = "s3cr3t"


class Shift:
    """A codec that a test can read: every byte is another one."""

    def __init__(self, by: int = 1) -> None:
        self._by = by

    def encode(self, data: bytes) -> bytes:
        return bytes([self._by]) + bytes((byte + self._by) % 256 for byte in data)

    def decode(self, data: bytes) -> bytes:
        if data[0] != self._by:
            raise ValueError("another key")
        return bytes((byte - self._by) % 256 for byte in data[1:])


codec = Shift()
other = Shift(2)


@pytest.fixture(autouse=True)
def with_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNCAST_CODEC", "tests.sdk.test_sealing:codec")


async def shout(text: str) -> str:
    return text.upper()


@task(registry=REGISTRY)
async def child(text: str) -> str:
    return text + "!"


@task(registry=REGISTRY)
async def secretive(text: str) -> list[Any]:
    metadata.set("stage", "plain")
    loud = await step(shout)(text)
    below = await child.trigger_and_wait(loud).unwrap()
    both = await child.batch_trigger_and_wait([text, loud])
    token = await wait.create_token(str)
    answer = await wait.for_token(token).unwrap()
    inbox = Inbox("notes", type=str)
    seen = await inbox.peek()
    note = await inbox.receive()
    return [loud, below, *[result.unwrap() for result in both], answer, seen, note]


@pytest.mark.parametrize("evict_after", [None, 0])
async def test_everything_works_and_nothing_can_be_read_in_the_database(
    tmp_path: Path, evict_after: int | None
) -> None:
    path = tmp_path / "sealed.db"
    async with TestEngine([secretive, child], evict_after=evict_after, database=path) as engine:
        client = Client(gateway=engine.engine)
        handle = await client.trigger(secretive, {"text": SECRET})
        await engine.settle()
        await client.send(handle.id, "notes", f"note {SECRET}")
        (waiting,) = await client.waits()
        completed = await client.complete_wait(waiting.id, f"answer {SECRET}")
        assert completed.value == f'"answer {SECRET}"'
        await engine.settle()
        run = await client.retrieve(handle.id)
        assert run.ok, run.error
        loud = SECRET.upper()
        note = f"note {SECRET}"
        assert run.output == [loud, f"{loud}!", f"{SECRET}!", f"{loud}!", f"answer {SECRET}", note, note]
        assert run.payload == {"text": SECRET}
        (message,) = await client.messages(handle.id)
        assert message.value == f'"note {SECRET}"'
        steps = [entry.value for entry in await client.journal(handle.id) if entry.kind is EntryKind.STEP]
        assert steps == [f'"{loud}"']
        assert run.metadata == {"stage": "plain"}
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert SECRET.encode() not in stored
    assert SECRET.upper().encode() not in stored
    assert b"$sealed" in stored


@task(registry=REGISTRY)
async def approved() -> bool:
    return await wait.for_token(await wait.create_token(bool)).unwrap()


async def test_an_answer_that_its_run_could_not_read_is_refused_before_it_is_encrypted() -> None:
    async with TestEngine([approved]) as engine:
        client = Client(gateway=engine.engine)
        handle = await client.trigger(approved)
        await engine.settle()
        (waiting,) = await client.waits()
        with pytest.raises(InvalidPayload, match="a boolean is expected"):
            await client.complete_wait(waiting.id, "maybe")
        await client.complete_wait(waiting.id, True)
        assert (await engine.finish(handle)).output is True


async def test_the_engine_of_a_test_reads_what_its_codec_wrote() -> None:
    async with TestEngine([child]) as engine:
        assert await engine.run(child, SECRET) == f"{SECRET}!"


async def test_the_payload_of_a_schedule_is_sealed_like_that_of_its_runs(tmp_path: Path) -> None:
    path = tmp_path / "sealed.db"
    async with TestEngine([child], database=path) as engine:
        schedules = Client(gateway=engine.engine).schedules
        created = await schedules.create("child", cron="@daily", payload={"text": SECRET})
        assert created.payload == f'{{"text":"{SECRET}"}}'
        changed = await schedules.update(created.id, payload={"text": f"{SECRET} too"})
        assert await schedules.retrieve(created.id) == changed
        (listed,) = (await schedules.list()).schedules
        assert listed == changed
        assert listed.payload == f'{{"text":"{SECRET} too"}}'
        kept = await schedules.update(created.id, cron="@hourly")
        assert kept.payload == changed.payload
        await engine.advance("1h")
        (run,) = (await Client(gateway=engine.engine).list(task="child")).runs
        assert run.output == f"{SECRET} too!"
        stored = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert SECRET.encode() not in stored


async def test_a_worker_process_reaches_its_engine_through_the_codec(tmp_path: Path) -> None:
    path = tmp_path / "linked.db"
    async with Server(ServerConfig(database=str(path))) as server, Link(RemoteWorkerGateway(socket_path(path))) as link:
        worker = Worker(link, REGISTRY, WorkerSettings(grace_ms=0), heartbeat=link.heartbeat)
        serving = asyncio.get_running_loop().create_task(worker.run())
        handle = await Client(gateway=server.engine).trigger(child, {"text": SECRET})
        assert await asyncio.wait_for(handle.wait_result(), 20) == f"{SECRET}!"
        worker.stop()
        await serving
        stored = await server.engine.find_run(handle.id)
    assert stored is not None
    assert SECRET not in f"{stored.payload} {stored.output}"


async def test_who_has_no_key_sees_that_it_is_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with World(REGISTRY) as world:
        handle = await Client(gateway=world.engine).trigger(child, {"text": SECRET})
        await world.result(handle.id)
        monkeypatch.delenv("RUNCAST_CODEC")
        blind = await Client(gateway=world.engine).retrieve(handle.id)
        assert (blind.payload, blind.output) == (SEALED, SEALED)
        assert repr(blind.output) == "<encrypted>"
        with pytest.raises(InvalidPayload, match="encrypted"):
            blind.unwrap()


async def test_a_worker_without_the_key_fails_the_run_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNCAST_CODEC")
    async with World(REGISTRY) as world:
        monkeypatch.setenv("RUNCAST_CODEC", "tests.sdk.test_sealing:codec")
        handle = await Client(gateway=world.engine).trigger(child, {"text": SECRET})
        run = await world.result(handle.id)
        assert run.status is RunStatus.FAILED
        assert run.error is not None
        assert "is encrypted" in run.error.message
        with pytest.raises(TaskFailed):
            await asyncio.wait_for(handle.wait_result(), 20)


async def test_a_list_with_values_of_another_key_can_still_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async with World(REGISTRY) as world:
        await world.result((await Client(gateway=world.engine).trigger(child, {"text": "a"})).id)
        monkeypatch.setenv("RUNCAST_CODEC", "tests.sdk.test_sealing:other")
        page = await Client(gateway=world.engine).list()
        assert [run.payload for run in page.runs] == [SEALED]


async def test_what_was_stored_before_the_codec_stays_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNCAST_CODEC")
    async with World(REGISTRY) as world:
        run_id = (await Client(gateway=world.engine).trigger(child, {"text": "a"})).id
        await world.result(run_id)
        monkeypatch.setenv("RUNCAST_CODEC", "tests.sdk.test_sealing:codec")
        assert (await Client(gateway=world.engine).retrieve(run_id)).output == "a!"


def test_a_sealed_text_is_not_sealed_again() -> None:
    once = seal(codec, '"a"')
    assert seal(codec, once) == once
    assert unseal(codec, once) == '"a"'
    with pytest.raises(InvalidPayload, match="old keys"):
        unseal(other, once)


def test_a_codec_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_codec()
    assert isinstance(found, Codec)
    for wrong in ("tests.sdk.nothing:codec", "tests.sdk.test_sealing:SECRET"):
        monkeypatch.setenv("RUNCAST_CODEC", wrong)
        with pytest.raises(InvalidInput, match=r"codec"):
            find_codec()
