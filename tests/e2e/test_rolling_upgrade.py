"""Runcast and the app are upgraded process by process, under load, on one PostgreSQL: nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from runcast import Client
from tests.cli.test_services import PATIENCE_S, RUNCAST, Process
from tests.e2e.releases import write_app, write_next_release

pytestmark = pytest.mark.slow

HELD = 10
"""Runs that are begun by the one version and ended by the other."""
MOVED = 3
Query = Callable[[str], list[tuple[Any, ...]]]


class Release:
    """Commands and services of one release, in a project's folder."""

    def __init__(self, url: str, ledger: Path, project: Path, code: Path | None = None) -> None:
        self._project = project
        self._environment = {"RUNCAST_DATABASE": url, "RUNCAST_HTTP": "off", "UPGRADE_LEDGER": str(ledger)}
        if code is not None:
            self._environment["PYTHONPATH"] = str(code)
        self._started: list[Process] = []

    def start(self, *arguments: str) -> None:
        self._started.append(Process(self._project, *arguments, "--json", **self._environment))

    def ready(self) -> None:
        """Return when whatever was started works."""
        for process in self._started:
            process.next("ready")
            process.read_on()

    def stop(self) -> list[int]:
        """Gracefully, one after the other; their exit codes."""
        return [process.stop() for process in self._started]

    def run(self, *arguments: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RUNCAST_")}
        return subprocess.Popen(
            [*RUNCAST, *arguments, "--json"], cwd=self._project, env=clean | self._environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def tell(self, *arguments: str) -> tuple[int, list[Any], str]:
        """How a command ends: code, what it says to programs, and to people."""
        return ended(self.run(*arguments))

    def migrate(self) -> dict[str, Any]:
        """What `runcast db migrate` comes to."""
        code, (record,), reason = self.tell("db", "migrate")
        assert code == 0, reason
        found: dict[str, Any] = record
        return found


def ended(command: subprocess.Popen[str]) -> tuple[int, list[Any], str]:
    out, err = command.communicate(timeout=PATIENCE_S)
    return command.returncode, [json.loads(line) for line in out.splitlines()], err


@pytest.fixture
def releases(tmp_path: Path, postgres: str) -> Iterator[tuple[Release, Release]]:
    ledger = tmp_path / "ledger"
    old = Release(postgres, ledger, write_app(tmp_path / "a", "a"))
    new = Release(postgres, ledger, write_app(tmp_path / "b", "b"), write_next_release(tmp_path / "next"))
    yield old, new
    old.stop()
    new.stop()


@pytest.fixture
def query(postgres: str) -> Iterator[Query]:
    with psycopg.connect(postgres, autocommit=True) as connection:
        yield lambda sql: connection.execute(sql.encode()).fetchall()


async def trigger_orders(client: Client, stopped: asyncio.Event) -> int:
    """Until it is stopped; how many there are."""
    number = 1_000
    while not stopped.is_set():
        await client.batch_trigger("order", [{"number": number + one, "token": None} for one in range(5)])
        number += 5
        await asyncio.sleep(0.1)
    return number - 1_000


async def trigger_held(client: Client) -> list[str]:
    """Runs that wait for a token each; the tokens."""
    tokens = [(await client.create_wait()).id for _ in range(HELD + MOVED)]
    for number, token in enumerate(tokens):
        task = "order" if number < HELD else "moved"
        await client.trigger(task, {"number": number, "token": token})
    return tokens


async def until(query: Query, sql: str) -> None:
    """Wait until the query answers true."""
    async with asyncio.timeout(PATIENCE_S):
        while query(sql) != [(True,)]:
            await asyncio.sleep(0.05)


async def test_processes_and_schema_are_upgraded_one_by_one_under_load(
    releases: tuple[Release, Release], postgres: str, query: Query, tmp_path: Path
) -> None:
    old, new = releases
    old.start("serve")
    old.start("worker", "shop.py")
    old.start("worker", "shop.py")
    await asyncio.to_thread(old.ready)
    client = Client(postgres)
    stopped = asyncio.Event()
    load = asyncio.create_task(trigger_orders(client, stopped))
    tokens = await trigger_held(client)
    await until(query, f"select count(*) >= {HELD + MOVED} from journal where kind = 'step'")

    # The schema first, by two at once: the old processes live with what was added.
    both = [new.run("db", "migrate"), new.run("db", "migrate")]
    said = [await asyncio.to_thread(ended, one) for one in both]
    assert [code for code, _, _ in said] == [0, 0]
    assert sorted(record["before"] for _, (record,), _ in said) in ([1, 2], [1, 1])
    assert all((record["after"], record["unfinished"]) == (2, 1) for _, (record,), _ in said)
    assert query("select count(*) from meta where key = 'migration 2'") == [(1,)]

    code, _, reason = await asyncio.to_thread(old.tell, "worker", "shop.py")
    assert code == 4
    assert "has migration 2, this release knows 1. Upgrade Runcast." in reason

    new.start("serve")
    new.start("worker", "shop.py")
    new.start("worker", "shop.py")
    await asyncio.to_thread(new.ready)
    assert query("select count(*) from meta where key = 'migration 2 post'") == [(0,)]
    assert await asyncio.to_thread(old.stop) == [0, 0, 0]

    for token in tokens:
        await client.complete_wait(token)
    stopped.set()
    orders = await load

    # A program of the old release is connected still, and needs what the second phase takes away.
    record = await asyncio.to_thread(new.migrate)
    assert record["unfinished"] == 1
    assert record["older_connections"] > 0
    await client.close()
    record = await asyncio.to_thread(new.migrate)
    assert (record["before"], record["unfinished"]) == (2, 0)
    assert query("select count(*) from meta where key = 'migration 2 post'") == [(1,)]

    await until(query, "select count(*) = 0 from runs where finished_at is null and parked_reason is null")
    assert dict(query("select task || ' ' || status, count(*) from runs group by 1")) == {
        "order COMPLETED": orders + HELD,
        "moved WAITING": MOVED,
    }
    # A changed body that asks for another thing is parked with what it recorded; nothing is guessed.
    assert query("select count(*) from runs where parked_reason is not null") == [(MOVED,)]
    assert query("select count(*) from journal j join runs r on r.id = j.run_id where r.task = 'moved' "
                 "and j.kind = 'step'") == [(MOVED,)]  # fmt: skip
    assert query("select count(*) from runs where task = 'order' and metadata <> '{\"begun\":1}'") == [(0,)]
    assert query("select count(*) from (select run_id from parts where stream = 'news' group by run_id "
                 "having count(*) = 2 and min(seq) = 0 and max(seq) = 1) one") == [(orders + HELD,)]  # fmt: skip
    held = f"task = 'order' and (payload::json ->> 'number')::int < {HELD}"
    assert query(f"select count(*) from runs where ended_by = 'next' and {held}") == [(HELD,)]
    assert query("select count(*) > 0 from runs where ended_by is null and finished_at is not null") == [(True,)]
    check_ledger(tmp_path / "ledger", orders)
    code, _, _ = await asyncio.to_thread(new.tell, "doctor", postgres)
    assert code == 0


def check_ledger(ledger: Path, orders: int) -> None:
    """What bodies did, once each, by both versions."""
    lines = Counter(tuple(line.split()) for line in ledger.read_text().splitlines())
    done = Counter((what, int(number)) for (what, number, _), count in lines.items() for _ in range(count))
    numbers = [*range(HELD), *range(1_000, 1_000 + orders)]
    assert {one: count for one, count in done.items() if count > 1} == {}
    assert {number for what, number in done if what == "ship"} == set(numbers)
    assert {number for what, number in done if what == "charge"} == set(numbers)
    assert {number for what, number in done if what == "pay"} == set(range(HELD, HELD + MOVED))
    by_version = Counter(version for _, _, version in lines)
    assert by_version["a"] and by_version["b"]
    # What began before the upgrade is charged by the one version and shipped by the other.
    assert all(("charge", str(number), "a") in lines and ("ship", str(number), "b") in lines for number in range(HELD))
