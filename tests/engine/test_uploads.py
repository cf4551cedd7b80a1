"""Large artifacts in a blob store: a directory, and an S3-compatible server."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import signal
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from runcast.blobs.bucket import Bucket, open_bucket
from runcast.domain.effect import Effect, EffectKind
from runcast.domain.errors import InvalidInput, Unavailable
from runcast.domain.limits import ARTIFACT_BYTES_MAX, INLINE_BYTES_MAX, UPLOAD_MS_MAX
from runcast.domain.outcome import Succeeded
from runcast.engine.remove_objects import RemoveObjects
from runcast.engine.session import LocalSession
from runcast.gateway import Assignment, Reply, Report, RunFilter
from tests import s3
from tests.engine.house import House

pytestmark = pytest.mark.anyio
LARGE = os.urandom(INLINE_BYTES_MAX + 1)
SEVERAL_PARTS = os.urandom(12 * 1024 * 1024)


def artifact(data: bytes, number: int = 1) -> Effect:
    text = msgspec.json.encode({"content_type": "image/png", "base64": base64.b64encode(data).decode()}).decode()
    return Effect(EffectKind.ARTIFACT, "picture", text, scope="s", number=number)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    with s3.serving() as endpoint:
        yield endpoint


class Shelf:
    """A blob store, and what lies in it as others see it."""

    def __init__(self, address: str, endpoint: str = "") -> None:
        bucket = open_bucket(address)
        assert bucket is not None
        self.bucket: Bucket = bucket
        self._address, self._endpoint = address, endpoint

    def keys(self) -> list[str]:
        if self._endpoint:
            _, _, rest = self._address.partition("s3://")
            name, _, prefix = rest.partition("/")
            url = f"{self._endpoint}/{name}?list-type=2&prefix={prefix}/"
            with urllib.request.urlopen(url, timeout=30) as answer:
                text = answer.read().decode()
            return [part.partition("</Key>")[0].removeprefix(f"{prefix}/") for part in text.split("<Key>")[1:]]
        folder = Path(self._address.removeprefix("file://"))
        return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(params=["directory", "s3"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    if request.param == "directory":
        return Shelf(f"file://{tmp_path}/blobs")
    endpoint: str = request.getfixturevalue("s3_server")
    for name, value in s3.variables(endpoint).items():
        monkeypatch.setenv(name, value)
    return Shelf(f"s3://{s3.BUCKET}/{tmp_path.name}/all", endpoint)


class Scene:
    """An engine over a blob store, and a run that executes."""

    def __init__(self, house: House, session: LocalSession, run: Assignment) -> None:
        self.house = house
        self.run = run
        self._session = session

    async def report(self, *effects: Effect, ended: bool = False) -> Reply:
        outcome = Succeeded("1") if ended else None
        report = Report(self.run.run_id, self.run.epoch, effects=effects, outcome=outcome)
        [reply] = await self._session.report([report])
        await self.house.quiet()
        return reply

    async def contents(self) -> list[bytes]:
        found = await self.house.engine.artifacts(self.run.run_id)
        return [await self.house.engine.artifact(one.id) for one in found]

    async def remove(self, bucket: Bucket) -> None:
        """As the service does, until nothing is left to do."""
        service = RemoveObjects(self.house.store, bucket)
        while (at := await service.tick(self.house.clock.now_ms())) is not None:
            if at - self.house.clock.now_ms() >= 60_000:
                return


@contextlib.asynccontextmanager
async def executing(path: Path | str, bucket: Bucket | None) -> AsyncIterator[Scene]:
    """In a directory, or in the database of an address."""
    house = House(path if isinstance(path, str) else str(path / "runcast.db"), bucket=bucket)
    await house.engine.start()
    session, inbox = await house.open()
    await house.trigger()
    await house.quiet()
    [run] = inbox.take()
    yield Scene(house, session, run)
    await house.quiet()
    assert await house.findings() == []
    house.store.close()


async def test_a_large_artifact_lies_in_the_blob_store_and_comes_back(shelf: Shelf, tmp_path: Path) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        assert (await scene.report(artifact(LARGE), ended=True)).error is None
        assert await scene.contents() == [LARGE]
        [key] = shelf.keys()
        assert hashlib.sha256(LARGE).hexdigest() in key
    assert LARGE[:64] not in _files(tmp_path)


async def test_one_that_needs_several_parts_comes_back(shelf: Shelf, tmp_path: Path) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        await scene.report(artifact(SEVERAL_PARTS))
        assert await scene.contents() == [SEVERAL_PARTS]


async def test_a_small_artifact_stays_in_the_database(shelf: Shelf, tmp_path: Path) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        await scene.report(artifact(b"small"))
        assert await scene.contents() == [b"small"]
        assert shelf.keys() == []


async def test_without_the_setting_everything_stays_in_the_database(tmp_path: Path) -> None:
    assert open_bucket("") is None
    async with executing(tmp_path, None) as scene:
        await scene.report(artifact(LARGE))
        assert await scene.contents() == [LARGE]
    assert LARGE[:64] in _files(tmp_path)


async def test_a_report_that_is_sent_again_adds_nothing(shelf: Shelf, tmp_path: Path) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        await scene.report(artifact(LARGE))
        await scene.report(artifact(LARGE))
        assert len(await scene.contents()) == len(shelf.keys()) == 1


async def test_what_is_over_the_bound_or_makes_no_sense_is_refused_and_never_uploaded(
    shelf: Shelf, tmp_path: Path
) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        assert (await scene.report(artifact(bytes(ARTIFACT_BYTES_MAX + 1)))).error_code == "value_too_large"
        nonsense = Effect(EffectKind.ARTIFACT, "a", '"' + "x" * 200_000 + '"', scope="s", number=1)
        assert "no sense" in str((await scene.report(nonsense)).error)
        assert shelf.keys() == []


async def test_a_worker_cannot_name_an_object_by_itself(shelf: Shelf, tmp_path: Path) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        forged = msgspec.json.encode({"content_type": "text/plain", "digest": "ab" * 32, "size": 1}).decode()
        reply = await scene.report(Effect(EffectKind.ARTIFACT, "a", forged, scope="s", number=1))
        assert "no sense" in str(reply.error)


async def test_who_lost_the_run_uploads_nothing(shelf: Shelf, tmp_path: Path) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        await scene.house.engine.cancel([scene.run.run_id])
        assert (await scene.report(artifact(LARGE))).lost
        assert shelf.keys() == []


async def test_retention_removes_the_object_after_the_rows(shelf: Shelf, tmp_path: Path) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        await scene.report(artifact(LARGE), ended=True)
        await scene.remove(shelf.bucket)
        assert len(shelf.keys()) == 1, "what an artifact has stays"
        scene.house.clock.advance(1)
        assert await scene.house.engine.prune(scene.house.clock.now_ms()) == 1
        assert len(shelf.keys()) == 1
        await scene.remove(shelf.bucket)
        assert shelf.keys() == []


async def test_an_object_that_is_gone_already_does_not_stop_the_removal_of_others(shelf: Shelf, tmp_path: Path) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        await scene.report(artifact(LARGE, 1), artifact(LARGE[::-1], 2), artifact(LARGE * 2, 3), ended=True)
        await shelf.bucket.delete(shelf.keys()[:1])
        scene.house.clock.advance(1)
        await scene.house.engine.prune(scene.house.clock.now_ms())
        await scene.remove(shelf.bucket)
        assert shelf.keys() == []


async def test_other_bytes_than_were_put_there_are_not_given_out(shelf: Shelf, tmp_path: Path) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        await scene.report(artifact(LARGE))
        [key] = shelf.keys()
        await shelf.bucket.put(key, LARGE[:-1] + b"?")
        with pytest.raises(Unavailable, match="other bytes than were put there"):
            await scene.contents()
        await shelf.bucket.delete([key])
        with pytest.raises(Unavailable, match="is not in the blob store"):
            await scene.contents()


async def test_an_engine_without_the_setting_says_what_it_lacks(shelf: Shelf, tmp_path: Path) -> None:
    async with executing(tmp_path, shelf.bucket) as scene:
        await scene.report(artifact(LARGE))
        [found] = await scene.house.engine.artifacts(scene.run.run_id)
    other = House(str(tmp_path / "runcast.db"))
    with pytest.raises(Unavailable, match="the setting `blobs`"):
        await other.engine.artifact(found.id)
    other.store.close()


async def test_a_store_that_cannot_be_reached_loses_nothing(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{_closed_port()}")
    away = open_bucket(f"s3://{s3.BUCKET}/away")
    async with executing(tmp_path, away) as scene:
        for _ in range(2):
            with pytest.raises(Unavailable, match=r"the blob store s3://.* does not take"):
                await scene.report(artifact(LARGE), ended=True)
        assert await scene.contents() == []
        assert await scene.house.status(scene.run.run_id) == "EXECUTING"
        scene.house.engine._uploads._bucket = shelf.bucket  # it is back
        await scene.report(artifact(LARGE), ended=True)
        assert await scene.contents() == [LARGE]
        assert await scene.house.status(scene.run.run_id) == "COMPLETED"
    told = [record.getMessage() for record in caplog.records if record.name == "runcast.engine"]
    assert len(told) == 2
    assert "does not take" in told[0]
    assert told[1].endswith("takes objects again")


async def test_an_upload_whose_process_was_killed_before_its_commit_is_removed_by_age(tmp_path: Path) -> None:
    killed = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.engine.killed_upload", str(tmp_path))
    assert await killed.wait() == -signal.SIGKILL
    shelf = Shelf(f"file://{tmp_path}/blobs")
    assert len(shelf.keys()) == 1
    async with executing(tmp_path, shelf.bucket) as scene:
        for run in (await scene.house.engine.list_runs(RunFilter())).runs:
            assert not await scene.house.engine.artifacts(run.id)
        await scene.remove(shelf.bucket)
        assert len(shelf.keys()) == 1, "it might be under way still"
        await scene.report(artifact(LARGE))
        scene.house.clock.advance(UPLOAD_MS_MAX)
        await scene.remove(shelf.bucket)
        assert len(shelf.keys()) == 1
        assert await scene.contents() == [LARGE]


async def test_engines_that_share_a_database_read_and_remove_what_another_uploaded(
    shelf: Shelf, tmp_path: Path, postgres: str
) -> None:
    async with executing(postgres, shelf.bucket) as scene:
        await scene.report(artifact(LARGE), ended=True)
        other = House(postgres, bucket=shelf.bucket)
        [found] = await other.engine.artifacts(scene.run.run_id)
        assert await other.engine.artifact(found.id) == LARGE
        assert await other.engine.prune(other.store.clock.now_ms() + 1_000) == 1
        services = [RemoveObjects(house.store, shelf.bucket) for house in (scene.house, other)]
        await asyncio.gather(*[service.tick(other.store.clock.now_ms()) for service in services])
        assert shelf.keys() == []
        other.store.close()


@pytest.mark.parametrize("key", ["../outside", "a/../../b", "/etc/passwd", "a//b", "a\\b", "", "%2e%2e/b"])
async def test_a_key_does_not_leave_the_prefix(shelf: Shelf, key: str) -> None:
    for ask in (shelf.bucket.put(key, b"x"), shelf.bucket.get(key, ""), shelf.bucket.delete([key])):
        with pytest.raises(Unavailable, match="is no key"):
            await ask


@pytest.mark.parametrize(
    "address",
    ["/var/blobs", "file:///", "file://host/blobs", "file:///a/../b", "file:///a/%2e%2e/b", "s3:///x", "gs://bucket/x",
     "s3://key:secret@bucket/x", "s3://bucket/x?region=y"],
)  # fmt: skip
def test_an_address_that_is_none_says_how_one_looks(address: str) -> None:
    with pytest.raises(InvalidInput, match="file:///path or s3://bucket/prefix"):
        open_bucket(address)


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _files(path: Path) -> bytes:
    """What the database's files hold."""
    return b"".join(file.read_bytes() for file in path.glob("runcast.db*") if file.is_file())
