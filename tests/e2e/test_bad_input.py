"""Bad input at every door: a clear error, and nothing is lost, of the request or of anything else."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from runcast import Retry, artifacts, metadata, step, streams, task
from runcast.clock import SystemClock
from runcast.domain.errors import (
    Conflict,
    DatabaseCorrupt,
    DatabaseLocked,
    DatabaseReadOnly,
    DuplicateTask,
    InvalidInput,
    InvalidPayload,
    NotFound,
    Unavailable,
    ValueTooLarge,
)
from runcast.domain.ids import RunId, make_id
from runcast.domain.limits import BATCH_RUNS_MAX, KEY_CHARS_MAX, TAGS_MAX
from runcast.domain.run import NewRun, Run, RunStatus
from runcast.sdk.registry import Registry
from runcast.server import Server, ServerConfig, open_client
from runcast.store import doctor
from runcast.store.sqlite.database import connect
from runcast.worker.embedded import EmbeddedWorker

MEGABYTE = 1024 * 1024
ROOT = Path(__file__).parents[2]
REGISTRY = Registry()


@task(registry=REGISTRY)
async def double(number: int) -> int:
    return 2 * number


@task(registry=REGISTRY)
async def echo(text: str) -> str:
    return text


@task(registry=REGISTRY, retry=Retry(1))
async def swell(what: str) -> Any:
    """Records something too large, in the way that `what` says."""
    large = "x" * (10 * MEGABYTE)
    match what:
        case "output":
            return large
        case "step":
            return await step(_give)("x", 10 * MEGABYTE)
        case "metadata":
            metadata.set("large", large)
        case "part":
            streams.append("large", large)
        case "artifact":
            artifacts.add("large", b"x" * (65 * MEGABYTE))
        case "nul":
            metadata.set("nul", "a\0b")
            streams.append("nul", "a\0b")
        case _:
            raise AssertionError(what)
    await step(_give)("x", 1)
    return "went on"


async def _give(letter: str, times: int) -> str:
    return letter * times


class House:
    """A server with a worker inside."""

    def __init__(self, server: Server) -> None:
        self.engine = server.engine
        self._made = 0

    def new(self, task_name: str, payload: str, **options: Any) -> NewRun:
        self._made += 1
        id = RunId(make_id("run", at_ms=SystemClock().now_ms(), chance=self._made))
        return NewRun(id, task_name, payload, **options)

    async def result(self, task_name: str, payload: str) -> Run:
        (triggered,) = await self.engine.trigger([self.new(task_name, payload)])
        return await asyncio.wait_for(self.engine.result(triggered.id), 30)

    async def works(self) -> bool:
        """Whether an ordinary run still ends well."""
        return (await self.result("double", '{"number": 21}')).output == "42"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Server(ServerConfig(database=str(tmp_path / "house.db"), socket=False)) as server:
        worker = EmbeddedWorker(server.engine, REGISTRY)
        worker.start()
        await worker.opened()
        house = House(server)
        yield house
        assert await house.works()
        worker.stop(grace_ms=1_000)
        await worker.joined()
    connection = connect(str(tmp_path / "house.db"))
    assert doctor.check(connection) == []
    connection.close()


async def count(house: House) -> int:
    page = await house.engine.list_runs(_everything(), limit=1000)
    return len(page.runs)


def _everything() -> Any:
    from runcast.gateway import RunFilter

    return RunFilter()


# --- payloads


async def test_a_payload_of_the_wrong_type_fails_the_run_at_once_and_says_which_argument(house: House) -> None:
    run = await house.result("double", '{"number": "many"}')
    assert (run.status, run.attempt) == (RunStatus.FAILED, 1)
    assert run.error is not None
    assert "number" in run.error.message


def test_a_wrong_argument_is_refused_where_it_is_written() -> None:
    with pytest.raises(InvalidPayload, match="number"):
        double.trigger("many")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ("{", InvalidPayload),
        ("", InvalidPayload),
        ('{"text": "a\0b"}', InvalidPayload),
        ('{"text": "\ud800"}', InvalidPayload),
        (json.dumps({"text": "x" * 10 * MEGABYTE}), ValueTooLarge),
    ],
    ids=["cut off", "empty", "raw NUL", "lone surrogate", "10 MB"],
)
async def test_what_is_no_payload_is_refused_and_nothing_is_stored(
    house: House, payload: str, error: type[Exception]
) -> None:
    good = house.new("echo", '{"text": "good"}')
    with pytest.raises(error):
        await house.engine.trigger([good, house.new("echo", payload)])
    assert await count(house) == 0


async def test_any_text_and_megabytes_travel_unharmed(house: House) -> None:
    for text in ('\x01\u2028\ufeff"\\', "\N{PILE OF POO}" * 10, "x" * (7 * MEGABYTE)):
        run = await house.result("echo", json.dumps({"text": text}))
        assert run.status == RunStatus.COMPLETED, run.error
        assert json.loads(run.output or "") == text


@pytest.mark.parametrize(
    "options",
    [
        {"concurrency_key": "a\0b"},
        {"idempotency_key": "k" * (KEY_CHARS_MAX + 1)},
        {"tags": ("t\0",)},
        {"tags": tuple(f"t{number}" for number in range(TAGS_MAX + 1))},
        {"max_attempts": 0},
        {"priority_ms": -1},
        {"ttl_ms": -5},
        {"delay_ms": -5},
        {"metadata": "[]"},
        {"metadata": "{"},
    ],
    ids=lambda options: next(iter(options)),
)
async def test_options_out_of_bounds_are_refused(house: House, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await house.engine.trigger([house.new("echo", '{"text": ""}', **options)])
    assert await count(house) == 0


async def test_a_batch_over_the_bound_is_refused_whole(house: House) -> None:
    with pytest.raises(InvalidInput):
        await house.engine.trigger([house.new("echo", "{}") for _ in range(BATCH_RUNS_MAX + 1)])
    assert await count(house) == 0


async def test_the_id_of_a_run_that_exists_is_refused_or_the_same_run(house: House) -> None:
    new = house.new("echo", '{"text": "first"}')
    await house.engine.trigger([new])
    try:
        (again,) = await house.engine.trigger([new])
    except (Conflict, InvalidInput):
        pass
    else:
        assert again.cached
    run = await house.engine.result(new.id)
    assert run.output == '"first"'
    assert await count(house) == 1


# --- what bodies record


@pytest.mark.parametrize("what", ["output", "step", "metadata", "part", "artifact"])
async def test_a_body_that_records_too_much_fails_and_says_so(house: House, what: str) -> None:
    run = await house.result("swell", json.dumps({"what": what}))
    assert run.status == RunStatus.FAILED
    assert run.error is not None
    assert "limit" in run.error.message or "larger" in run.error.message or "at most" in run.error.message


async def test_a_nul_in_what_a_body_records_is_refused_where_it_is_written(house: House) -> None:
    for run in (await house.result("swell", '{"what": "nul"}'), await house.result("echo", '{"text": "a\\u0000b"}')):
        assert run.status == RunStatus.FAILED
        assert run.error is not None
        assert "NUL" in run.error.message


# --- names


async def test_a_run_of_an_unknown_task_waits_for_its_task(house: House) -> None:
    new = house.new("nobody", "{}")
    await house.engine.trigger([new])
    run = await house.engine.find_run(new.id)
    assert run is not None
    assert run.status == RunStatus.PENDING_VERSION
    assert "nobody" in (await house.engine.why(new.id)).reason


def test_two_tasks_of_one_name_are_refused_with_both_places() -> None:
    registry = Registry()

    @task(name="twice", registry=registry)
    async def one() -> None: ...

    with pytest.raises(DuplicateTask, match=r"twice.*test_bad_input.py:\d+.*test_bad_input.py:\d+"):

        @task(name="twice", registry=registry)
        async def two() -> None: ...


async def test_ids_of_nothing_are_not_found(house: House) -> None:
    nothing = RunId("run_000000000000000000000")
    with pytest.raises(NotFound):
        await house.engine.result(nothing)
    with pytest.raises(NotFound):
        await house.engine.complete_wait("waitpoint_0", "1")
    with pytest.raises(NotFound):
        await house.engine.replay(nothing, RunId("run_000000000000000000001"))
    assert await house.engine.find_run(nothing) is None
    assert await house.engine.cancel([nothing]) == []


async def test_a_completed_run_cannot_be_resumed(house: House) -> None:
    run = await house.result("double", '{"number": 1}')
    with pytest.raises(Conflict, match="completed"):
        await house.engine.resume(run.id, RunId("run_000000000000000000001"))


# --- files


async def _open(path: Path) -> None:
    async with Server(ServerConfig(database=str(path), socket=False)) as server:
        await server.engine.tasks()


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"these are my notes, not a database " * 500)
    before = path.read_bytes()
    with pytest.raises(DatabaseCorrupt, match=r"notes\.db"):
        await _open(path)
    assert path.read_bytes() == before


async def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    await _open(path)
    pages = bytearray(path.read_bytes())
    pages[100:4000] = os.urandom(3900)
    path.write_bytes(pages)
    with pytest.raises(DatabaseCorrupt, match=r"damaged\.db"):
        await _open(path)


async def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    connection = sqlite3.connect(path)
    connection.execute("create table runs (theirs text)")
    connection.commit()
    connection.close()
    with pytest.raises(Unavailable, match=r"theirs\.db"):
        await _open(path)
    connection = sqlite3.connect(path)
    assert connection.execute("select name from sqlite_master").fetchall() == [("runs",)]
    connection.close()


async def test_a_second_engine_on_the_same_file_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    async with Server(ServerConfig(database=str(path), socket=False)) as server:
        with pytest.raises(DatabaseLocked, match=str(os.getpid())):
            await _open(path)
        (tmp_path / "link.db").symlink_to(path)
        with pytest.raises(DatabaseLocked, match=str(os.getpid())):
            await _open(tmp_path / "link.db")
        assert await server.engine.tasks() == ()
    await _open(path)


async def test_an_engine_that_starts_waits_for_a_request_that_has_the_file(tmp_path: Path) -> None:
    path = tmp_path / "busy.db"
    client = await open_client(path)
    starting = asyncio.create_task(_open(path))
    await asyncio.sleep(0)
    assert not starting.done()
    await client.close()
    await starting


async def test_an_engine_does_not_wait_for_ever_and_says_who_has_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runcast.server.PATIENCE_S", 0.0)
    client = await open_client(tmp_path / "busy.db")
    with pytest.raises(DatabaseLocked, match=rf"process {os.getpid()} is at work in .*busy\.db"):
        await _open(tmp_path / "busy.db")
    await client.close()


async def test_a_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseReadOnly, match="file"):
        await _open(tmp_path / "file" / "x.db")


def test_a_directory_without_write_rights_is_refused(tmp_path: Path) -> None:
    directory = tmp_path / "closed"
    directory.mkdir()
    directory.chmod(0o555)
    done = _python(
        """
        import asyncio, os, sys
        from runcast.domain.errors import DatabaseReadOnly
        from runcast.server import Server, ServerConfig
        if os.geteuid() == 0:
            os.setuid(65534)
        try:
            asyncio.run(Server(ServerConfig(database=sys.argv[1], socket=False)).start())
        except DatabaseReadOnly as error:
            print(error)
        """,
        [str(directory / "x.db")],
    )
    assert "x.db" in done.stdout, done.stderr


@pytest.mark.slow
def test_a_full_disk_refuses_requests_clearly_and_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    done = _python(_FULL_DISK, [str(tmp_path / "full.db")])
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["refused"] in ("DiskFull", "Unavailable")
    assert seen["acknowledged"] > 0
    assert seen["lost"] == 0
    assert seen["after"] == "84"
    connection = connect(str(tmp_path / "full.db"))
    assert doctor.check(connection) == []
    connection.close()


_FULL_DISK = """
    import asyncio, json, resource, signal, sys
    from runcast.clock import SystemClock
    from runcast.domain.errors import Unavailable
    from runcast.domain.ids import make_id
    from runcast.domain.run import NewRun
    from runcast.server import Server, ServerConfig
    from runcast.worker.embedded import EmbeddedWorker
    from tests.e2e.test_bad_input import REGISTRY

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def new(number, task, payload):
        return NewRun(make_id("run", at_ms=SystemClock().now_ms(), chance=number), task, payload)

    async def main():
        async with Server(ServerConfig(database=sys.argv[1], socket=False)) as server:
            engine = server.engine
            worker = EmbeddedWorker(engine, REGISTRY)
            worker.start()
            await worker.opened()
            resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, resource.RLIM_INFINITY))
            acknowledged, refused = [], None
            for number in range(2_000):
                run = new(number, "echo", json.dumps({"text": "x" * 20_000}))
                try:
                    await engine.trigger([run])
                except Unavailable as error:
                    refused = type(error).__name__
                    break
                acknowledged.append(run.id)
            await asyncio.sleep(0.2)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            lost = 0
            for id in acknowledged:
                run = await asyncio.wait_for(engine.result(id), 60)
                lost += run.status != "COMPLETED"
            (last,) = await engine.trigger([new(99_999, "double", '{"number": 42}')])
            after = (await engine.result(last.id)).output
            print(json.dumps({"refused": refused, "acknowledged": len(acknowledged), "lost": lost, "after": after}))
            worker.stop(grace_ms=1_000)
            await worker.joined()

    asyncio.run(main())
"""


def _python(program: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
