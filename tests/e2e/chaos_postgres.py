"""Two servers and three workers on one PostgreSQL, all of them troubled at random; afterwards everything is counted.

    python -m tests.e2e.chaos_postgres DIRECTORY SECONDS SEED

Each is a process with an engine of its own, which reaches the database through a proxy of its own; some of their clocks are
wrong. What happens to them: `SIGKILL`, `SIGTERM`, `SIGSTOP` for less or more than the lease, connections that break, stand
still, are slow, or lose a commit or its answer. What happens to the database: crashes, and backends that are terminated.
Prints what was found wrong, one finding a line, and a summary on stderr; the exit code is 1 if anything was.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from runcast.clock import SystemClock
from runcast.domain.errors import Unavailable
from runcast.domain.ids import RunId, make_id
from runcast.domain.run import NewRun
from runcast.domain.schedule import ScheduleFilter
from runcast.gateway import ClientGateway
from runcast.server import open_client
from runcast.store import doctor
from runcast.store.postgres.beside import read_beside
from tests.e2e.chaos import LEDGER, SETTLE_S, Chaos
from tests.e2e.chaos_postgres_process import LEASE_MS, PARTS
from tests.store.postgres.proxy import Fate, Proxy
from tests.store.postgres.server import PostgresServer, running

SERVERS = ("server0", "server1")
WORKERS = ("worker0", "worker1", "worker2")
SKEWS_MS = {"server1": -3_600_000, "worker1": 7_200_000, "worker2": -60_000}
LOADERS = 3
STILL_MAX = 2
"""How many processes stand still at the same time."""
STOP_S = 60.0
"""Past twice the patience with a database that is away: what was asked meanwhile is asked once more."""
PROCESS_DEEDS = {"kill": 4, "stop": 2, "pause": 2, "long pause": 2}
NETWORK_DEEDS = {
    "cut": 3,
    "half close": 2,
    "hold": 2,
    "slow": 2,
    "lose commit": 3,
    "lose answer": 4,
    "strand commit": 1,
}
DATABASE_DEEDS = {"crash": 1, "terminate": 3}


class PostgresChaos(Chaos):
    """Has two hands: one troubles the processes, the other the network and the database."""

    def __init__(self, directory: Path, seed: int, server: PostgresServer) -> None:
        super().__init__(directory, seed)
        self.server = server
        self.ways = {name: Proxy(server.port) for name in (*SERVERS, *WORKERS, "client")}
        self.told: set[RunId] = set()
        """Runs of `tell` that were acknowledged."""
        self.looks = 0
        """How often the doctor looked while all this went on."""

    # --- processes

    async def start(self, name: str) -> None:
        environment = {**os.environ, LEDGER: str(self.ledger)}
        self.processes[name] = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.e2e.chaos_postgres_process", name.rstrip("012"),
            self.server.url_at(self.ways[name].port), str(SKEWS_MS.get(name, 0)), env=environment,
        )  # fmt: skip

    async def start_all(self) -> None:
        for name in (*SERVERS, *WORKERS):
            await self.start(name)

    async def trouble(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        await asyncio.gather(self._trouble_processes(ends), self._trouble_database(ends), self._watch(ends))
        for name, process in self.processes.items():
            if process.returncode is not None:
                self.faults.append(f"{name} ended by itself with {process.returncode}")

    async def _trouble_processes(self, ends: float) -> None:
        """Who stands still for long does so while others are troubled."""
        still: dict[str, asyncio.Task[None]] = {}
        while time.monotonic() < ends:
            await asyncio.sleep(self.random.uniform(0.2, 1.0))
            still = {name: task for name, task in still.items() if not task.done()}
            name = self.random.choice([name for name in (*SERVERS, *WORKERS, *WORKERS) if name not in still])
            if self.processes[name].returncode is not None:
                return
            deed = self._choose(PROCESS_DEEDS)
            if deed == "long pause" and len(still) == STILL_MAX:
                deed = "pause"
            self.deeds[deed] += 1
            match deed:
                case "kill":
                    await self.kill(name)
                    await self.start(name)
                case "stop":
                    await self.stop(name, STOP_S)
                    await self.start(name)
                case "pause":
                    await self.pause(name, 1.0)
                case _:
                    still[name] = asyncio.create_task(self.pause(name, LEASE_MS / 1000 * 1.3))
        await asyncio.gather(*still.values())

    async def _trouble_database(self, ends: float) -> None:
        while time.monotonic() < ends:
            await asyncio.sleep(self.random.uniform(0.1, 0.8))
            way = self.random.choice(list(self.ways.values()))
            deed = self._choose(NETWORK_DEEDS | DATABASE_DEEDS)
            self.deeds[deed] += 1
            match deed:
                case "crash":
                    await asyncio.to_thread(self.server.crash)
                    await asyncio.sleep(self.random.uniform(0, 0.5))
                    await asyncio.to_thread(self.server.start)
                case "terminate":
                    await asyncio.to_thread(self._terminate)
                case "cut":
                    way.cut()
                case "half close":
                    way.half_close()
                case "hold":
                    way.hold()
                    await asyncio.sleep(self.random.uniform(0.1, 2.0))
                    way.go_on()
                case "slow":
                    way.delay_s = 0.01
                    await asyncio.sleep(1.0)
                    way.delay_s = 0.0
                case "lose commit":
                    way.judge = _at_commit(Fate.LOST)
                case "lose answer":
                    way.judge = _at_commit(Fate.UNANSWERED)
                case _:
                    way.judge = _at_commit(Fate.STRANDED)

    async def _watch(self, ends: float) -> None:
        """The doctor's laws hold in every committed state, limits among them."""
        while time.monotonic() < ends:
            await asyncio.sleep(1.0)
            try:
                found = await asyncio.to_thread(self.examine)
            except Unavailable:
                continue
            self.looks += 1
            self.faults += [f"doctor, under way: {finding.law}: {finding.subjects}" for finding in found]

    def _choose(self, deeds: dict[str, int]) -> str:
        (deed,) = self.random.choices(list(deeds), list(deeds.values()))
        return deed

    def _terminate(self) -> None:
        """End some backends."""
        self.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'runcast' "
                   "and random() < 0.3")  # fmt: skip

    # --- load

    async def load(self, seconds: float) -> None:
        """Trigger families and tellers as long as there is trouble; each is acknowledged, or asked for again by its key."""
        gateway = await self._client()
        try:
            await asyncio.gather(*[self._load(gateway, start, seconds) for start in range(LOADERS)])
        finally:
            await gateway.close()

    async def _load(self, gateway: ClientGateway, start: int, seconds: float) -> None:
        ends, number = time.monotonic() + seconds, start
        while time.monotonic() < ends:
            number += LOADERS
            self.triggered[await self._ask(gateway, "family", json.dumps({"first": number * 100}))] = number * 100
            self.told.add(await self._ask(gateway, "tell", json.dumps({}), key=f"tell{number}"))
            await asyncio.sleep(self.random.uniform(0.05, 0.3))

    async def _client(self) -> ClientGateway:
        while True:
            try:
                return await open_client(self.server.url_at(self.ways["client"].port))
            except Unavailable:
                await asyncio.sleep(0.1)

    async def _ask(self, gateway: ClientGateway, task: str, payload: str, key: str = "") -> RunId:
        while True:
            id = RunId(make_id("run", at_ms=SystemClock().now_ms(), chance=self.random.getrandbits(55)))
            try:
                (answer,) = await gateway.trigger([NewRun(id, task, payload, idempotency_key=key or payload)])
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return answer.id

    async def settle(self) -> list[str]:
        """Wait until every run is final, as long as there is progress: the machine may be busy with other things."""
        await self._tick_on()
        await self._stop_schedules()
        most, patient_until = -1, 0.0
        while True:
            left = self.query("select id, task, status, attempt, epoch, worker_id from runs where finished_at is null")
            if not left:
                return []
            ((ended,),) = self.query("select count(*) from runs where finished_at is not null")
            now = time.monotonic()
            if ended > most:
                most, patient_until = ended, now + SETTLE_S
            if now > patient_until:
                return [f"not finished: {' '.join(map(str, row))}" for row in left]
            await asyncio.sleep(0.5)

    async def _tick_on(self) -> None:
        """Wait for the tick of this second: those before it are made up for, and come first."""
        ((calm_at,),) = self.query("select (extract(epoch from now()) * 1000)::bigint")
        ends = time.monotonic() + SETTLE_S
        while time.monotonic() < ends:
            if self.query(f"select 1 from schedule_ticks where at > {calm_at}"):
                return
            await asyncio.sleep(0.2)
        self.faults.append("the schedule stands still")

    async def _stop_schedules(self) -> None:
        gateway = await open_client(self.server.url)
        try:
            for schedule in (await gateway.list_schedules(ScheduleFilter())).schedules:
                await gateway.pause_schedule(schedule.id, paused=True)
        finally:
            await gateway.close()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        while True:
            try:
                with psycopg.connect(self.server.url, autocommit=True) as connection:
                    return connection.execute(sql.encode()).fetchall()
            except psycopg.OperationalError:
                threading.Event().wait(0.05)

    # --- what it came to

    def count(self) -> list[str]:
        return super().count() + self._streams() + self._ticks()

    def examine(self) -> list[doctor.Finding]:
        found: list[doctor.Finding] = read_beside(self.server.url, doctor.examine)
        return found

    def _streams(self) -> list[str]:
        rows = self.query("select run_id, value, seq from parts where stream = 'numbers' order by run_id, seq")
        parts: dict[str, list[tuple[int, int]]] = {id: [] for id in self.told}
        for id, value, seq in rows:
            parts.setdefault(id, []).append((int(value), seq))
        whole = [(number, number) for number in range(PARTS)]
        return [f"{id} streamed {found}: {self._known_of(id)}" for id, found in parts.items() if found != whole]

    def _known_of(self, id: str) -> str:
        """What the database holds of a run, for whoever has to find out."""
        runs = self.query(f"select status, attempt, epoch, deaths, output, error from runs where id = '{id}'")
        keys = self.query(f"select task, key from idempotency where run_id = '{id}'")
        facts = self.query(f"select seq, kind, status, at from changes where run_id = '{id}' order by seq")
        entries = self.query(f"select key, status from journal where run_id = '{id}'")
        return f"run {runs}, keys {keys}, entries {entries}, feed {facts}"

    def _ticks(self) -> list[str]:
        ticks = self.query("select at, outcome, run_id from schedule_ticks order by at")
        moments = [at for at, _, _ in ticks]
        ((created_at,),) = self.query("select created_at from schedules")
        moments.insert(0, created_at // 1_000 * 1_000)
        missed = [at for at, after in pairwise(moments) if after - at != 1_000]
        runs = [run_id for _, _, run_id in ticks]
        started = {id for (id,) in self.query("select id from runs where task = 'pulse' and status = 'COMPLETED'")}
        faults = [f"no tick in the second after {at}" for at in missed]
        if set(runs) != started or len(set(runs)) != len(runs):
            faults.append(f"{len(runs)} ticks have {len(started)} runs that are completed")
        return faults

    def summary(self) -> str:
        ends = dict(self.query("select status, count(*) from runs group by 1"))
        ((steps,),) = self.query("select count(*) from journal where kind = 'step'")
        ((claims,),) = self.query("select sum(epoch) from runs")
        ((facts,),) = self.query("select count(*) from changes")
        ((ticks,),) = self.query("select count(*) from schedule_ticks")
        deeds = ", ".join(f"{count} × {deed}" for deed, count in sorted(self.deeds.items()))
        return f"{sum(ends.values())} runs {ends}, {claims} claims, {steps} steps, {facts} facts, {ticks} ticks, {self.looks} looks of the doctor; {deeds}"


def _at_commit(fate: Fate) -> Any:
    """What becomes of the next commit."""
    left = [fate]

    def judge(request: bytes) -> Fate:
        return left.pop() if left and b"commit\0" in request else Fate.PASS

    return judge


async def main() -> int:
    """The exit code."""
    with running() as server:
        chaos = PostgresChaos(Path(sys.argv[1]), int(sys.argv[3]), server)
        faults = await chaos.run(float(sys.argv[2]))
        print(chaos.summary(), file=sys.stderr)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
