"""Huey on SQLite, at its documented best: WAL with `synchronous=FULL` (its default) and a consumer with threads.

An acknowledged task is on disk; a task is deleted from disk when its body starts, so a crash loses it. The
consumer polls as often as its options allow, because an idle one would otherwise look only every 0.1 to 10 s.
"""

# The peers live in an environment of their own, which the type checker does not see.
# mypy: disable-error-code="import-not-found, untyped-decorator, no-any-return"

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

from huey import SqliteHuey

from benchmarks.ledger import SPARE, opened, until
from benchmarks.subjects import DATABASE_NAME, Result

THREADS = 1
"""The best of 1, 2, 4 and 8 for no-ops, and its default."""

huey = SqliteHuey(filename=os.environ[DATABASE_NAME], fsync=True, timeout=30)


@huey.task()
def noop(i: int) -> int:
    opened().start(i)
    return i


@huey.task()
def child(i: int) -> int:
    opened().start(i)
    time.sleep(0.05)
    opened().end(i)
    return i


@huey.task()
def parent(children: int) -> int:
    opened().start(children)
    done = len(_results(child.map(range(children))))
    opened().end(children)
    return done


def create() -> Huey:
    return Huey()


class Huey:
    """A consumer process, and this process as the caller."""

    durability = "WAL, synchronous=FULL; a started task is lost by a crash"
    package = "huey"
    command = "huey_consumer"

    async def open(self, *, slots: int = 0, evict_after_s: float | None = None) -> None:
        self._consumer = self._start(slots or THREADS)
        noop(SPARE).get(blocking=True, timeout=30)

    @staticmethod
    def _start(threads: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "huey.bin.huey_consumer", f"{__name__}.huey", "-w", str(threads)]
        return subprocess.Popen([*command, "-d", "0.001", "-m", "0.01", "-n", "-q", "-S"], stderr=subprocess.DEVNULL)

    async def close(self) -> None:
        self._consumer.kill()
        self._consumer.wait()

    async def noops(self, count: int) -> Result:
        results = [noop.map(range(begin, min(begin + 1000, count))) for begin in range(0, count, 1000)]

        async def finished() -> None:
            await until(lambda: opened().started_count(count) == count)
            for group in results:
                _results(group)

        return finished

    async def noop(self, row: int) -> Result:
        result = noop(row)

        async def finished() -> None:
            result.get(blocking=True, backoff=1, max_delay=0.001, timeout=30)

        return finished

    async def fanout(self, children: int) -> None:
        parent(children).get(blocking=True, backoff=1, max_delay=0.001, timeout=120)

    async def sleepers(self, count: int, seconds: int) -> Result:
        raise NotImplementedError("Huey has no durable sleep")

    async def due_ms(self, row: int) -> float | None:
        raise NotImplementedError("Huey has no durable sleep")

    async def until_asleep(self, count: int) -> None:
        raise NotImplementedError("Huey has no durable sleep")

    async def steps(self, count: int) -> Result:
        raise NotImplementedError("Huey has no steps")


def _results(group: Any) -> list[Any]:
    """The results of a group, polled every millisecond and kept: reading them away would cost a commit each."""
    values: list[Any] = group.get(blocking=True, backoff=1, max_delay=0.001, timeout=120, preserve=True)
    return values
