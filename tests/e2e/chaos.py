"""Real processes under load, killed and stopped at random; afterwards everything is counted.

    python -m tests.e2e.chaos DIRECTORY SECONDS SEED

Three workers and an engine. What happens to them: `SIGKILL`, `SIGTERM`, `SIGSTOP` for less or more than the lease, `SIGCONT`.
Prints what was found wrong, one finding a line, and a summary on stderr; the exit code is 1 if anything was.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from typing import Any

import apsw
import msgspec

from runcast.domain.errors import Unavailable
from runcast.domain.ids import RunId, make_id
from runcast.domain.run import NewRun
from runcast.sdk.remote import RemoteClientGateway
from runcast.store import doctor
from runcast.wire import socket_path
from tests.e2e.chaos_process import LEASE_MS

LEDGER = "CHAOS_LEDGER"
WORKERS = 3
TOTAL, PER_KEY, UNITS = 4, 2, 6
STOP_S = 10.0
SETTLE_S = 90.0
"""How long the last runs may take once nothing goes wrong any more."""


class Body(msgspec.Struct):
    """One execution of a unit's body, as its process wrote it down."""

    run: str
    epoch: int
    key: str
    pid: int
    start: int
    end: int | None = None


class Chaos:
    """Starts the processes, troubles them, keeps account of what it did."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.database = directory / "chaos.db"
        self.ledger = directory / "ledger"
        self.random = Random(seed)
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self.killed: dict[int, int] = {}
        """Process id to the time of its kill."""
        self.paused: list[tuple[int, int, int]] = []
        """Process id, and from when to when it stood still."""
        self.triggered: dict[RunId, int] = {}
        self.deeds: Counter[str] = Counter()
        self.faults: list[str] = []

    # --- processes

    async def start(self, name: str) -> None:
        role = "engine" if name == "engine" else "worker"
        environment = {**os.environ, LEDGER: str(self.ledger)}
        self.processes[name] = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.e2e.chaos_process", role, str(self.database), env=environment
        )

    async def start_all(self) -> None:
        for name in ("engine", *(f"worker{number}" for number in range(WORKERS))):
            await self.start(name)

    async def kill(self, name: str) -> None:
        process = self.processes[name]
        process.kill()
        self.killed[process.pid] = time.monotonic_ns()
        await process.wait()

    async def stop(self, name: str, patience_s: float = STOP_S) -> None:
        """Ask politely; who does not go in time is a fault of its own."""
        process = self.processes[name]
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), patience_s)
        except TimeoutError:
            self.faults.append(f"{name} did not stop within {patience_s:g} s of SIGTERM")
            await self.kill(name)

    async def trouble(self, seconds: float) -> None:
        """One deed after another until the time is over; then everybody lives."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            await asyncio.sleep(self.random.uniform(0.3, 1.2))
            worker = f"worker{self.random.randrange(WORKERS)}"
            deed = self.random.choices(["kill", "stop", "pause", "long pause", "engine"], [4, 2, 2, 2, 1])[0]
            self.deeds[deed] += 1
            match deed:
                case "kill":
                    await self.kill(worker)
                    await self.start(worker)
                case "stop":
                    await self.stop(worker)
                    await self.start(worker)
                case "engine":
                    await self.kill("engine")
                    await self.start("engine")
                case _:
                    await self.pause(worker, LEASE_MS / 1000 * (1.5 if deed == "long pause" else 0.2))

    async def pause(self, name: str, seconds: float) -> None:
        process = self.processes[name]
        began = time.monotonic_ns()
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        process.send_signal(signal.SIGCONT)
        self.paused.append((process.pid, began, time.monotonic_ns()))

    # --- load

    async def load(self, seconds: float) -> None:
        """Trigger families as long as there is trouble; each is acknowledged, or asked for again by its key."""
        ends, number = time.monotonic() + seconds, 0
        gateway: RemoteClientGateway | None = None
        while time.monotonic() < ends:
            number += 1
            while True:
                try:
                    if gateway is None or gateway.is_closed:
                        gateway = await RemoteClientGateway.connect(socket_path(self.database))
                    await self.trigger(gateway, number * 100)
                    break
                except Unavailable:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(self.random.uniform(0.05, 0.4))
        if gateway is not None:
            await gateway.close()

    async def trigger(self, gateway: RemoteClientGateway, first: int) -> None:
        id = RunId(make_id("run", at_ms=int(time.time() * 1000), chance=self.random.getrandbits(55)))
        payload = json.dumps({"first": first})
        (answer,) = await gateway.trigger([NewRun(id, "family", payload, idempotency_key=f"family{first}")])
        self.triggered[answer.id] = first

    async def settle(self) -> list[str]:
        """Wait until every acknowledged run is final; those that are not are lost."""
        ends = time.monotonic() + SETTLE_S
        while time.monotonic() < ends:
            left = self.query("select id, task, status, attempt, epoch, worker_id from runs where finished_at is null")
            if not left:
                return []
            await asyncio.sleep(0.5)
        return [f"not finished: {' '.join(map(str, row))}" for row in left]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        connection = apsw.Connection(str(self.database), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.setbusytimeout(5_000)
            return list(connection.execute(sql))
        finally:
            connection.close()

    async def run(self, seconds: float) -> list[str]:
        await self.start_all()
        try:
            await asyncio.gather(self.trouble(seconds), self.load(seconds))
            unfinished = await self.settle()
        finally:
            for process in self.processes.values():
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        return self.faults + unfinished + self.count()

    # --- what it came to

    def count(self) -> list[str]:
        """Everything that the promises exclude."""
        faults = [f"doctor: {finding.law}: {finding.subjects}" for finding in self.examine()]
        roots = {
            row[0]: row[1:] for row in self.query("select id, status, output, metadata from runs where task = 'family'")
        }
        faults += [f"the acknowledged run {id} is not there" for id in self.triggered if id not in roots]
        faults += [f"{id} was never acknowledged, nor asked for" for id in roots if id not in self.triggered]
        for id, first in self.triggered.items():
            if id in roots:
                faults += _wrong_family(id, first, *roots[id])
        children = self.query("select parent_id, count(*) from runs where parent_id is not null group by 1")
        faults += [f"{id} has {count} children, not {UNITS}" for id, count in children if count != UNITS]
        return faults + self.crowds()

    def examine(self) -> list[doctor.Finding]:
        connection = apsw.Connection(str(self.database))
        try:
            return doctor.check(connection)
        finally:
            connection.close()

    def crowds(self) -> list[str]:
        """Moments at which more bodies ran than the limits allow."""
        bodies = self.bodies()
        groups: defaultdict[str, list[Body]] = defaultdict(list)
        for body in bodies:
            groups[""].append(body)
            groups[body.key].append(body)
        faults = []
        for key, members in groups.items():
            limit = PER_KEY if key else TOTAL
            most, at = _most_at_once(members)
            if most > limit:
                faults.append(f"{most} bodies of key {key!r} ran at once at {at}, the limit is {limit}")
        return faults

    def bodies(self) -> list[Body]:
        """Executions that owned their run, as long as they did."""
        lines = [json.loads(line) for line in self.ledger.read_text().splitlines()]
        bodies: dict[tuple[str, int, int], Body] = {}
        for line in sorted((line for line in lines if line["what"] == "body"), key=lambda line: line["at"]):
            place = (line["run"], line["epoch"], line["pid"])
            if line["event"] == "start":
                bodies[place] = Body(line["run"], line["epoch"], line["key"], line["pid"], line["at"])
            elif place in bodies:
                bodies[place].end = line["at"]
        newest: dict[str, int] = {}
        owned = []
        for body in sorted(bodies.values(), key=lambda body: body.start):
            if newest.get(body.run, 0) > body.epoch:
                continue  # A process that stood still went on with what was not its own any more.
            newest[body.run] = body.epoch
            owned.append(self.clipped(body))
        return owned

    def clipped(self, body: Body) -> Body:
        """The body until its process was killed, or stood still for longer than its lease."""
        ends = [body.end, self.killed.get(body.pid)]
        ends += [since for pid, since, _ in self.paused if pid == body.pid and since > body.start]
        known = [end for end in ends if end is not None]
        return msgspec.structs.replace(body, end=min(known, default=body.start))


def _wrong_family(id: str, first: int, status: str, output: str | None, metadata: str) -> list[str]:
    numbers = range(first, first + UNITS // 2)
    wanted = json.dumps(2 * sum(number * number for number in numbers))
    if status != "COMPLETED" or output != wanted:
        return [f"{id} ended {status} with {output}, not {wanted}"]
    if json.loads(metadata) != {"units": UNITS, "done": 1}:
        return [f"{id} counted {metadata}"]
    return []


def _most_at_once(bodies: list[Body]) -> tuple[int, int]:
    """The greatest number at one moment, and the moment. An end comes before a start at the same time."""
    moments = sorted([(body.start, 1) for body in bodies] + [(body.end or body.start, -1) for body in bodies])
    most = now = at = 0
    for moment, change in moments:
        now += change
        if now > most:
            most, at = now, moment
    return most, at


async def main() -> int:
    """The exit code."""
    chaos = Chaos(Path(sys.argv[1]), int(sys.argv[3]))
    faults = await chaos.run(float(sys.argv[2]))
    for fault in faults:
        print(fault)
    ends = dict(chaos.query("select status, count(*) from runs group by 1"))
    print(f"{len(chaos.triggered)} families, {ends}, {dict(chaos.deeds)}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
