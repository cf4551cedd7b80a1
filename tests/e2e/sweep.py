"""Kills a process before and after each of its commits, starts it again, and says what came of it.

    python -m tests.e2e.sweep DIRECTORY EVICT_AFTER_MS

Every life is a forked process that runs engine, worker and client; the killed one ends by `SIGKILL` inside its writer.
Prints one JSON line for each point: side, commit, whether the kill happened, and what was found afterwards.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw

from runcast.clock import SystemClock
from runcast.domain.ids import RunId, make_id
from runcast.domain.run import NewRun
from runcast.engine.engine import Engine, EngineSettings
from runcast.store import doctor
from runcast.store.opening import open_store
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings
from tests.e2e.sweep_app import LEDGER, REGISTRY

COMMITS_MAX = 200


class KillAt:
    """The writer's hook: `SIGKILL` before or after the n-th commit."""

    def __init__(self, commit: int, side: str) -> None:
        self._commit = commit
        self._side = side
        self._seen = 0

    def before_commit(self) -> None:
        self._seen += 1
        self._strike("before")

    def after_commit(self) -> None:
        self._strike("after")

    def _strike(self, side: str) -> None:
        if self._seen == self._commit and side == self._side:
            os.kill(os.getpid(), signal.SIGKILL)


async def live(database: Path, faults: KillAt | None, evict_after_ms: int) -> None:
    """One life: from opening the file to the result of the run, or to the kill."""
    clock = SystemClock()
    store = open_store(str(database), clock, faults=faults)
    engine = Engine(store, clock, EngineSettings())
    await engine.start()
    services = asyncio.create_task(engine.run())
    worker = EmbeddedWorker(engine, REGISTRY, WorkerSettings(evict_after_ms=evict_after_ms))
    worker.start()
    await worker.opened()
    asking = asyncio.create_task(_approve(engine))
    new = NewRun(
        RunId(make_id("run", at_ms=clock.now_ms(), chance=os.getpid())), "sweep", "{}", idempotency_key="sweep"
    )
    (triggered,) = await engine.trigger([new])
    await engine.result(triggered.id)
    worker.stop(grace_ms=2_000)
    await worker.joined()
    for task in (asking, services):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await asyncio.to_thread(store.close)


async def _approve(engine: Engine) -> None:
    """The person outside: approves whatever asks."""
    while True:
        for wait in await engine.list_waits():
            await engine.complete_wait(wait.id, '"approved"')
        await asyncio.sleep(0.002)


def life(database: Path, faults: KillAt | None, evict_after_ms: int) -> int:
    """A life in a process of its own; how it ended, as `waitpid` says."""
    process = os.fork()
    if process == 0:
        try:
            asyncio.run(live(database, faults, evict_after_ms))
        except BaseException:  # noqa: BLE001 the parent reads the exit code
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    return status


def look(database: Path) -> dict[str, Any]:
    """What is in the file when all is over."""
    connection = apsw.Connection(str(database))
    root = connection.execute("select id, output, metadata, tags from runs where parent_id is null").fetchall()
    found = {
        "roots": len(root),
        "output": json.loads(str(root[0][1] or "null")),
        "metadata": json.loads(str(root[0][2])),
        "tags": json.loads(str(root[0][3])),
        "statuses": dict(connection.execute("select status, count(*) from runs group by 1")),
        "steps": dict(
            connection.execute(
                "select status, count(*) from journal where kind = 'step' and status <> 'forgotten' group by 1"
            )
        ),
        "parts": dict(
            connection.execute("select stream, count(*) from parts where superseded = 0 and kind = 'data' group by 1")
        ),
        "logs": dict(connection.execute("select message, count(*) from logs group by 1")),
        "artifacts": dict(connection.execute("select name, count(*) from artifacts group by 1")),
        "doctor": [finding.law for finding in doctor.check(connection)],
    }
    connection.close()
    return found


def point(directory: Path, side: str, commit: int, evict_after_ms: int) -> dict[str, Any]:
    """Kill at one point, start again, look."""
    database = directory / f"{side}{commit}.db"
    ledger = directory / f"{side}{commit}.ledger"
    os.environ[LEDGER] = str(ledger)
    first = life(database, KillAt(commit, side), evict_after_ms)
    killed = os.WIFSIGNALED(first)
    second = life(database, None, evict_after_ms) if killed else first
    steps = Counter(ledger.read_text().splitlines()) if ledger.exists() else Counter()
    return {
        "side": side,
        "commit": commit,
        "killed": killed,
        "ended": second,
        "found": look(database),
        "executed": dict(steps),
    }


def main() -> None:
    directory, evict_after_ms = Path(sys.argv[1]), int(sys.argv[2])
    for side in ("before", "after"):
        for commit in range(1, COMMITS_MAX):
            seen = point(directory, side, commit, evict_after_ms)
            print(json.dumps(seen), flush=True)
            if not seen["killed"]:
                break


if __name__ == "__main__":
    main()
