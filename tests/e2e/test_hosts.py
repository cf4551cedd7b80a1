"""Workers on several hosts, one PostgreSQL, and a cable that is pulled and plugged in again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from runcast import Client
from runcast.clock import SystemClock
from runcast.store import doctor
from runcast.store.opening import open_store
from tests.e2e.hosts import Hosts, NetworkPostgres, why_not

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not())]
RUNS = 60
APP = Path(__file__).with_name("hosts_app.py")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory with a short name, as sockets need it."""
    with tempfile.TemporaryDirectory(prefix="rchosts", dir="/tmp") as name:
        yield Path(name)


async def test_a_host_that_is_cut_off_loses_its_runs_to_another_and_comes_back(folder: Path) -> None:
    with ExitStack() as stack:
        hosts = Hosts(["db", "a", "b"])
        stack.callback(hosts.close)
        database = NetworkPostgres(hosts, "db", folder)
        stack.callback(database.close)
        await asyncio.to_thread(database.wait)
        await asyncio.to_thread(open_store(database.local_url, SystemClock()).close)
        witness = folder / "witness"
        witness.touch()
        for name in ("a", "b"):
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            command = [
                str(Path(sys.executable).with_name("runcast")),
                "worker",
                str(APP),
                "--concurrency",
                "3",
                "--database",
                database.url,
            ]
            env = {"HOST_NAME": name, "WITNESS": str(witness), "RUNCAST_LEASE": "3s"}
            process = hosts.start(name, command, log, env)
            stack.callback(_end, process)
        async with Client(database=database.local_url) as client:
            handles = await client.batch_trigger("chain", [{"number": number} for number in range(RUNS)])
            await _both_work(witness)
            hosts.pull("b")
            cut_at = len(witness.read_text())
            await _ended(client, RUNS // 3)
            alone = Counter(line.split()[2] for line in witness.read_text()[cut_at:].splitlines())
            hosts.plug("b")
            healed_at = len(witness.read_text())
            results = await handles.results(timeout=90)
        assert all(result.ok for result in results)
        # What a body had in hand it may end; nothing new begins on a host that reaches nobody.
        assert alone["b"] <= 6 < alone["a"]
        assert "b" in {line.split()[2] for line in witness.read_text()[healed_at:].splitlines()}
        done = Counter(tuple(line.split()[:2]) for line in witness.read_text().splitlines())
        # Each step happened, and only those again that the lost host had in hand.
        assert set(done) == {(str(number), str(place)) for number in range(RUNS) for place in range(3)}
        assert sum(done.values()) <= RUNS * 3 + 6 * 2
        store = open_store(database.local_url, SystemClock())
        assert await store.read(doctor.examine) == []
        await asyncio.to_thread(store.close)


async def _both_work(witness: Path) -> None:
    async with asyncio.timeout(60):
        while {line.split()[2] for line in witness.read_text().splitlines()} != {"a", "b"}:
            await asyncio.sleep(0.05)


async def _ended(client: Client, count: int) -> None:
    async with asyncio.timeout(60):
        while len((await client.list(status="COMPLETED", limit=count)).runs) < count:
            await asyncio.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)
