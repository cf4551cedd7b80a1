"""Two servers of one database behind one address: one is killed, and workers and programs go on at the other."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from runcast import Client
from tests.cli.test_services import Process, Start
from tests.engines.switch import Switch
from tests.sdk.certificates import make_certificate

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

KEY = "a-key-of-the-test-that-is-long-enough"

APP = """
import asyncio, os
from pathlib import Path
from runcast import metadata, step, task

HERE = Path(__file__).parent

@step
async def once() -> int:
    with (HERE / "steps").open("a") as file:
        file.write("x")
    return 1

@task
async def patient() -> list[int]:
    done = await once()
    metadata.set("at", "the gate")
    while not (HERE / "gate").exists():
        await asyncio.sleep(0.01)
    return [done, os.getpid()]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.fixture
def start(project: Path) -> Iterator[Start]:
    started: list[Process] = []

    def run(*arguments: str, **environment: str) -> Process:
        started.append(Process(project, *arguments, "--json", **environment))
        return started[-1]

    yield run
    for process in started:
        process.stop(signal.SIGKILL)


async def test_a_worker_whose_server_is_killed_goes_on_at_another(start: Start, project: Path, postgres: str) -> None:
    serve = ("serve", "--database", postgres, "--listen", "tcp://127.0.0.1:0")
    servers = [start(*serve, RUNCAST_KEY=KEY, RUNCAST_LEASE="20s") for _ in range(2)]
    one, other = (str(server.next("ready")["listen"]) for server in servers)
    async with Switch(one) as switch, Client(url=switch.url, key=KEY) as client:
        worker = start("worker", "app.py", "--url", switch.url, "--key", KEY)
        assert (await asyncio.to_thread(worker.next, "ready"))["socket"] == switch.url
        run = await client.trigger("patient")
        async for now in run.follow():
            if now.metadata.get("at") == "the gate":
                break
        await asyncio.to_thread(servers[0].stop, signal.SIGKILL)
        switch.to(other)
        await asyncio.to_thread(worker.next, "ready")
        (project / "gate").touch()
        assert await run.result(timeout="60s") == [1, worker.pid]
        found = await client.retrieve(run.id)
        assert found.attempt == 1
        assert (project / "steps").read_text() == "x"
        assert await asyncio.to_thread(worker.stop) == 0


async def test_a_worker_whose_server_hangs_goes_on_at_another(start: Start, project: Path, postgres: str) -> None:
    serve = ("serve", "--database", postgres, "--listen", "tcp://127.0.0.1:0")
    servers = [start(*serve, RUNCAST_KEY=KEY, RUNCAST_LEASE="3s") for _ in range(2)]
    one, other = (str(server.next("ready")["listen"]) for server in servers)
    async with Switch(one) as switch, Client(url=other, key=KEY) as client:
        worker = start("worker", "app.py", "--url", switch.url, "--key", KEY)
        await asyncio.to_thread(worker.next, "ready")
        run = await client.trigger("patient")
        async for now in run.follow():
            if now.metadata.get("at") == "the gate":
                break
        os.kill(servers[0].pid, signal.SIGSTOP)
        switch.to(other, cut=False)
        await asyncio.to_thread(worker.next, "ready")
        os.kill(servers[0].pid, signal.SIGCONT)
        (project / "gate").touch()
        assert await run.result(timeout="60s") == [1, worker.pid]
        assert (project / "steps").read_text() == "x"


async def test_a_worker_with_a_wrong_key_ends_with_the_reason(start: Start) -> None:
    server = start("serve", "--listen", "tcp://127.0.0.1:0", "--key", KEY)
    url = str(server.next("ready")["listen"])
    worker = start("worker", "app.py", "--url", url, RUNCAST_KEY="a-key-that-the-server-does-not-know")
    assert worker.wait() == 4
    line = server.next("log")["message"]
    assert "does not know this key" in line
    assert KEY not in line
    assert "does-not-know" not in line


async def test_a_worker_waits_for_a_server_that_is_not_there_yet(start: Start) -> None:
    first = start("serve", "--listen", "tcp://127.0.0.1:0", "--key", KEY)
    url = str(first.next("ready")["listen"])
    first.stop()
    worker = start("worker", "app.py", "--url", url, "--key", KEY)
    assert "no engine answers" in worker.next("waiting")["reason"]
    start("serve", "--listen", url, "--key", "an-old-key-that-is-long-enough", "--key", KEY).next("ready")
    assert worker.next("ready")["tasks"] == ["patient"]


async def test_a_worker_reaches_a_server_over_tls(start: Start, project: Path) -> None:
    made = make_certificate(project)
    shown = ("--tls-cert", str(made.cert), "--tls-key", str(made.key))
    server = start("serve", "--listen", "tls://127.0.0.1:0", *shown, RUNCAST_KEY=KEY)
    url = str(server.next("ready")["listen"])
    assert url.startswith("tls://")
    worker = start("worker", "app.py", "--url", url, "--tls-ca", "cert.pem", RUNCAST_KEY=KEY)
    assert worker.next("ready")["socket"] == url
    assert start("worker", "app.py", "--url", url, RUNCAST_KEY=KEY).wait() == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["--listen", "tcp://0.0.0.0:0"],
        ["--listen", "tcp://127.0.0.1:0", "--key", "short"],
        ["--listen", "tls://127.0.0.1:0", "--key", KEY],
        ["--listen", "nowhere"],
        ["--tls-cert", "cert.pem"],
    ],
)
async def test_a_server_that_would_be_open_does_not_start(start: Start, arguments: list[str]) -> None:
    assert start("serve", *arguments).wait() == 2
