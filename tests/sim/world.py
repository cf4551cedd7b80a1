"""One simulated world: an engine on a database, its workers, a client outside, and what goes wrong, all from one seed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from runcast.clock import Clock
from runcast.domain.errors import Conflict, Unavailable
from runcast.domain.ids import RunId, make_id
from runcast.domain.message import NewMessage
from runcast.domain.run import FINAL, NewRun
from runcast.engine.engine import Engine, EngineSettings
from runcast.gateway import RunFilter, WorkerGateway
from runcast.sdk.factory import task_factory
from runcast.sdk.remote import RemoteClientGateway, RemoteWorkerGateway
from runcast.socket_server import Served
from runcast.store.opening import open_store
from runcast.store.store import Store
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker
from tests.sim import again
from tests.sim.databases import Database
from tests.sim.follower import Follower
from tests.sim.loop import LoopClock, Process, VirtualLoop
from tests.sim.network import SOCKET, Network
from tests.sim.operator import Operator, Plan, make_plan
from tests.sim.programs import Program, Receive
from tests.sim.schedules import HOUR_MS, SimSchedule, live, make_schedules, verify_schedules
from tests.sim.tasks import REGISTRY, WITNESS, plain

LEASE_MS = 30_000
START_MS = 1_700_000_000_000
DEADLINE_S = 4 * 3_600


class SimulatedCrash(BaseException):
    """The process died at this instruction."""


class Trouble(msgspec.Struct, frozen=True):
    """What shall go wrong: at the n-th commit (`crash before`, `crash after`, `full`, `broken`,
    `drought`, `kill`, `pause`, `cut`)."""

    at_commit: int
    kind: str
    which: int = 0
    """The worker, or how many commits fail, or how long."""


class Setting(msgspec.Struct, frozen=True):
    """How a world is built."""

    seed: int
    programs: tuple[Program, ...]
    troubles: tuple[Trouble, ...]
    workers: int
    """Worker processes; 0: one worker inside the engine's process."""
    evict_after_ms: int
    deafness: float = 0.0
    """How many of the engine's doorbells are lost."""
    skew_ms: int = 0
    """How far the clocks of worker processes are ahead of the engine's."""
    schedules: tuple[SimSchedule, ...] = ()
    plan: Plan | None = None
    """What an operator does."""
    start_ms: int = START_MS
    jumps_ms: tuple[int, ...] = ()
    """How far the wall clock is off at the engine's first start, its second, …; then as at the last."""


def make_setting(seed: int, programs: tuple[Program, ...], *, evict_after_ms: int) -> Setting:
    """What goes wrong in this seed: sometimes nothing, mostly a few things early on."""
    random = Random(seed * 7 + 1)
    workers = random.choice([0, 1, 2, 3])
    engine_kinds = ["crash before", "crash after", "crash after", "full", "broken", "drought"]
    kinds = engine_kinds + (["kill", "kill", "pause", "cut"] if workers else [])
    count = random.choice([0, 1, 2, 3, 5])
    troubles = tuple(
        Trouble(random.randint(1, random.choice([15, 60, 200])), random.choice(kinds), random.randint(1, 4))
        for _ in range(count)
    )
    return Setting(
        seed,
        programs,
        troubles,
        workers,
        evict_after_ms,
        deafness=random.choice([0.0, 0.0, 0.3, 1.0]),
        skew_ms=random.choice([0, 0, -3_600_000, 600_000]),
        schedules=_schedules_beside(seed),
        plan=make_plan(seed),
        jumps_ms=_jumps(seed),
    )


def _jumps(seed: int) -> tuple[int, ...]:
    """In some worlds somebody sets the engine's clock while it is down."""
    random = Random(seed * 19 + 11)
    if random.random() < 0.6:
        return ()
    return (0, *(random.choice([0, -1, -10_000, -HOUR_MS // 2, -HOUR_MS, 5 * 60_000]) for _ in range(6)))


def _schedules_beside(seed: int) -> tuple[SimSchedule, ...]:
    """In some worlds the clock triggers, too."""
    random = Random(seed * 17 + 9)
    if random.random() < 0.8:
        return ()
    return make_schedules(random, minutes=4, crons=("*/10 * * * * *", "*/30 * * * * *", "* * * * *"), zones=("UTC",))


class World:
    """Executes a setting. `failures` says what was wrong."""

    def __init__(self, loop: VirtualLoop, setting: Setting, database: Database) -> None:
        self.loop = loop
        self.setting = setting
        self.random = Random(setting.seed * 11 + 5)
        self.clock: Clock = LoopClock(loop, start_ms=setting.start_ms)
        self.network = Network(loop, Random(setting.seed * 13 + 3))
        self.database = database
        self.failures: list[str] = []
        self.commits = 0
        self.calm = False
        self.capacity = 50
        """Bodies that a worker executes at once."""
        self._steps: Counter[tuple[str, str]] = Counter()
        self._owned: Counter[tuple[str, str]] = Counter()
        """The same, without those of executions that lost their run."""
        self._failing = 0
        self._boots = 0
        self._ticking = len(setting.schedules)
        """Schedules that are not paused yet."""
        self._full_until = 0.0
        self._engine: tuple[Process, Store] | None = None
        self._workers: dict[int, Process] = {}
        self._processes: list[Process] = []
        WITNESS.set(self)
        loop.set_task_factory(task_factory)
        self._self = Process("world")

    # --- what bodies see

    def step_starts(self, run_id: str, epoch: int, label: str) -> int:
        begun = self._steps[run_id, label]
        self._steps[run_id, label] += 1
        if self._engine is not None and self._engine[0].alive and self._owns(run_id, epoch):
            self._owned[run_id, label] += 1
            query = "select 1 from journal where run_id = ? and name = ? and kind = 'step' and status = 'done'"
            if self.database.execute(query, (run_id, label)):
                self.failures.append(f"I13: step {label} of {run_id} was recorded and ran again")
        return begun

    def _owns(self, run_id: str, epoch: int) -> bool:
        """Whether the execution is the run's, and not that of a process which stood still for too long."""
        query = "select 1 from runs where id = ? and epoch = ? and status = 'EXECUTING'"
        return bool(self.database.execute(query, (run_id, epoch)))

    def _process(self, name: str) -> Process:
        process = Process(f"{name}.{len(self._processes)}")
        self._processes.append(process)
        return process

    # --- the engine

    async def boot(self) -> None:
        process = self._process("engine")
        self.loop.spawn(process, self._guard(process, self._serve(process)))

    async def _serve(self, process: Process) -> None:
        jumps = self.setting.jumps_ms
        if jumps:
            jump_ms = jumps[min(self._boots, len(jumps) - 1)]
            self.clock = LoopClock(self.loop, start_ms=self.setting.start_ms, ahead_ms=jump_ms)
        self._boots += 1
        store = self.open()
        self.clock = store.clock
        self._engine = (process, store)
        self.database.opened(store)
        engine = Engine(store, self.clock, EngineSettings(lease_ms=LEASE_MS))
        dispatch = engine._dispatch
        dispatch._ring, dispatch._on_due = self._lossy(dispatch._ring), self._lossy(dispatch._on_due)
        while True:
            try:
                await engine.start()
                break
            except Unavailable:
                await asyncio.sleep(1)

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await Served(reader, writer, engine, engine).serve()

        self.network.listen(SOCKET, process, accept)
        async with asyncio.TaskGroup() as group:
            group.create_task(engine.run())
            if self.setting.workers == 0:
                group.create_task(self._work(engine, embedded=True))

    def open(self) -> Store:
        """The engine's store."""
        return open_store(self.database.address, self.clock, threaded=False, faults=Faults(self))

    def _lossy(self, doorbell: Callable[..., None]) -> Callable[..., None]:
        """A doorbell that is not always heard."""

        def ring(*args: Any) -> None:
            if self.random.random() >= self.setting.deafness:
                doorbell(*args)

        return ring

    def crash(self) -> None:
        """The engine's process dies now; it comes back a little later."""
        assert self._engine is not None
        process, store = self._engine
        self.loop.kill(process)
        self.network.died(process)
        self.loop.run_in(self._self, self._bury, store)

    def _bury(self, store: Store) -> None:
        store.abandon()
        self.loop.call_later(self.random.random() * 10, lambda: self.loop.spawn(self._self, self.boot()))

    # --- workers

    async def _work(self, gateway: WorkerGateway, *, embedded: bool) -> None:
        settings = WorkerSettings(evict_after_ms=self.setting.evict_after_ms, async_capacity=self.capacity)
        clock = self.clock if embedded else self._clock_of_another()
        worker = Worker(
            gateway, REGISTRY, settings, clock=clock, random=Random(self.random.random()), embedded=embedded
        )
        await worker.run()

    def _clock_of_another(self) -> LoopClock:
        return LoopClock(self.loop, start_ms=self.setting.start_ms, ahead_ms=self.setting.skew_ms)

    def hire(self, number: int) -> None:
        """Start a worker process."""
        process = self._process(f"worker{number}")
        self._workers[number] = process
        gateway = RemoteWorkerGateway(Path(SOCKET))
        self.loop.spawn(process, self._guard(process, self._work(gateway, embedded=False)))

    def kill_worker(self, number: int) -> None:
        process = self._workers[number]
        self.loop.kill(process)
        self.network.died(process)
        self.loop.call_later(self.random.random() * 10, self.hire, number)

    def pause_worker(self, number: int) -> None:
        process = self._workers[number]
        self.loop.pause(process)
        self.loop.call_later(LEASE_MS / 1000 * (0.3 + 1.5 * self.random.random()), self.loop.go_on, process)

    async def _guard(self, process: Process, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except BaseException as error:
            if process.alive:
                self.failures.append(f"{process.name} ended by itself: {error!r}")
            raise

    # --- what goes wrong

    def before_commit(self) -> None:
        self.commits += 1
        for trouble in self.setting.troubles:
            if trouble.at_commit == self.commits:
                self._begin_trouble(trouble)
        if self.loop.time() < self._full_until:
            raise self.database.full()
        if self._failing > 0:
            self._failing -= 1
            raise self.database.full() if self._failing % 2 else self.database.broken()

    def _begin_trouble(self, trouble: Trouble) -> None:
        workers = sorted(self._workers)
        match trouble.kind:
            case "crash before":
                self.crash()
                raise SimulatedCrash
            case "full" | "broken":
                self._failing = trouble.which
            case "drought":
                # Longer than a lease, so that nobody can renew.
                self._full_until = self.loop.time() + trouble.which * 25
            case "kill" | "pause" | "cut" if workers:
                number = workers[trouble.which % len(workers)]
                actions: dict[str, Callable[[int], None]] = {
                    "kill": self.kill_worker,
                    "pause": self.pause_worker,
                    "cut": lambda number: self.network.cut(self._workers[number]),
                }
                self.loop.run_in(self._self, actions[trouble.kind], number)

    def after_commit(self) -> None:
        for violation in self.database.violations():
            if violation not in self.failures:
                self.failures.append(violation)
        if any(trouble == Trouble(self.commits, "crash after", trouble.which) for trouble in self.setting.troubles):
            self.crash()
            raise SimulatedCrash

    # --- the world outside

    async def live(self) -> None:
        """From the first trigger to the end of the last run."""
        await self.boot()
        for number in range(self.setting.workers):
            self.loop.call_later(self.random.random(), self.hire, number)
        client = self._process("client")
        self.loop.spawn(client, self._guard(client, _Client(self).run()))
        for schedule in self.setting.schedules:
            self.loop.spawn(client, self._guard(client, self._live(schedule)))
        self.operator = None
        if self.setting.plan is not None:
            self.operator = Operator(self, self.setting.plan, lambda: _Client(self).retrying)
            for work in self.operator.lives():
                self._ticking += 1
                self.loop.spawn(client, self._guard(client, self._operate(work)))
        reader = self._process("reader")
        self.follower = Follower()
        self.loop.spawn(reader, self._guard(reader, self.follower.run()))
        while not self._is_over():
            if self.loop.time() > DEADLINE_S:
                self.failures.append("hang: " + "; ".join(self._unfinished() or ["the feed is silent"]))
                return
            await asyncio.sleep(5)
        # Before one of its runs is executed again, and ends a second time.
        jumps = bool(self.setting.jumps_ms)
        self.failures += verify_schedules(self.database, self.setting.schedules, jumps=jumps)
        if self.operator is not None:
            self.failures += self.operator.verify(self.database)
        if not self.failures:
            await self._execute_again()

    async def _operate(self, work: Callable[[], Awaitable[None]]) -> None:
        # Queues are there once a worker has said so.
        while not self._knows_queues():
            await asyncio.sleep(1)
        await work()
        self._ticking -= 1

    def _knows_queues(self) -> bool:
        alive = self._engine is not None and self._engine[0].alive
        return alive and bool(self.database.execute("select 1 from queues where name = 'bounded'"))

    async def _live(self, schedule: SimSchedule) -> None:
        await live(self, schedule, _Client(self).retrying)
        self._ticking -= 1

    async def _execute_again(self) -> None:
        before = self._owned.copy()
        found = {
            str(row[0]): again.records(self.database, str(row[0]))
            for row in self.database.execute("select id from runs")
        }
        self.follower.stop()
        run_id = again.reopen(self.database, self.random)
        if run_id is None:
            return
        assert self._engine is not None
        process, store = self._engine
        self.loop.run_in(process, store.submit, again.ring, _ignore)
        while self._unfinished():
            if self.loop.time() > 2 * DEADLINE_S:
                self.failures.append(f"I13: {run_id} hangs when it is executed again")
                return
            await asyncio.sleep(5)
        if self._owned != before:
            self.failures.append(f"I13: {run_id} repeated steps: {self._owned - before}")
        for was, now in zip(found[run_id], again.records(self.database, run_id), strict=True):
            if was != now:
                self.failures.append(f"I13: {run_id} had {was} and has {now}")

    def end(self) -> None:
        """Nothing runs any more, and the database is closed."""
        for process in self._processes:
            self.loop.kill(process)
        self.network.end()
        if self._engine is not None:
            self._engine[1].abandon()

    def _is_over(self) -> bool:
        if self.failures:
            return True
        if self._engine is None or not self._engine[0].alive or not self.calm or self._ticking:
            return False
        return not self._unfinished() and self.follower.has_seen(self.database)

    def _unfinished(self) -> list[str]:
        if self._engine is None or not self._engine[0].alive:
            return ["the engine is down"]
        final = ", ".join(f"'{status}'" for status in FINAL)
        rows = self.database.execute(
            f"select id, status, attempt, epoch, worker_id, queue, payload ->> '$.program.id', parked_reason from runs "
            f"where status not in ({final})"
        )
        return [" ".join(str(value) for value in row) for row in rows]


def _ignore(result: object, error: BaseException | None) -> None:
    """Whoever rings waits for no answer."""


class Faults:
    """The writer's hook."""

    def __init__(self, world: World) -> None:
        self._world = world

    def before_commit(self) -> None:
        self._world.before_commit()

    def after_commit(self) -> None:
        self._world.after_commit()


class _Client:
    """Somebody outside: triggers, completes waits, cancels, and tries again when nobody answers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._random = world.random
        self._gateway: RemoteClientGateway | None = None
        self._completed: dict[str, str] = {}
        self._sent: Counter[tuple[str, str]] = Counter()
        self._to_cancel = {program.id for program in _everyone(world.setting.programs) if program.canceled}
        self._canceled: list[RunId] = []
        self._forcing = Random(world.setting.seed * 29 + 8)
        self._endless = {label for program in world.setting.programs for label in _endless(program)}

    async def run(self) -> None:
        for number, program in enumerate(self._world.setting.programs):
            await self.retrying(partial(self._trigger, number, program))
            await asyncio.sleep(self._random.random() * 3)
        self._world.calm = True
        while True:
            await asyncio.sleep(self._random.random() * 20)
            await self.retrying(self._complete_waits)
            await self.retrying(self._send_messages)
            if self._to_cancel:
                await self.retrying(self._cancel)
            if self._canceled:
                await self.retrying(self._force)

    async def retrying(self, ask: Callable[[RemoteClientGateway], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                if self._gateway is None or self._gateway.is_closed:
                    self._gateway = await RemoteClientGateway.connect(Path(SOCKET))
                await ask(self._gateway)
                return
            except Unavailable:
                await asyncio.sleep(self._random.random() * 2)

    async def _trigger(self, number: int, program: Program, gateway: RemoteClientGateway) -> None:
        """Whether an unanswered trigger was stored is not known: its key makes asking again harmless."""
        new = NewRun(
            RunId(make_id("run", at_ms=self._world.clock.now_ms(), chance=self._random.getrandbits(55))),
            program.queue,
            msgspec.json.encode({"program": plain(program)}).decode(),
            concurrency_key=program.concurrency_key,
            delay_ms=program.delay_ms,
            ttl_ms=program.ttl_ms,
            priority_ms=program.priority_s * 1000,
            max_attempts=program.max_attempts,
            idempotency_key=f"root{number}",
        )
        await gateway.trigger([new])

    async def _complete_waits(self, gateway: RemoteClientGateway) -> None:
        for wait in await gateway.list_waits(limit=1000):
            label = wait.tags[0]
            if label in self._endless or self._random.random() < 0.3:
                continue
            done = await gateway.complete_wait(wait.id, msgspec.json.encode(label).decode())
            if done.value != msgspec.json.encode(label).decode():
                self._world.failures.append(f"wait {wait.id} was completed with {done.value} instead of {label}")
            if self._random.random() < 0.2:
                again = await gateway.complete_wait(wait.id, '"another"')
                if again.value != done.value:
                    self._world.failures.append(f"the second completion of {wait.id} won")

    async def _send_messages(self, gateway: RemoteClientGateway) -> None:
        """A few of what each run still waits for, in order, and now and then one for the second time."""
        page = await gateway.list_runs(RunFilter(), limit=1000)
        for run in page.runs:
            program = msgspec.convert(json.loads(run.payload)["program"], Program)
            for node in [] if run.is_final else _receives(program.body):
                await self._send_some(gateway, run.id, node, node.count * program.rounds)

    async def _send_some(self, gateway: RemoteClientGateway, run_id: RunId, node: Receive, total: int) -> None:
        for _ in range(self._random.randint(0, 3)):
            number = self._sent[run_id, node.label]
            if self._random.random() < 0.2:
                number = max(0, number - 1)
            if number == total:
                return
            message = NewMessage(run_id, node.label, str(number % node.count), str(number))
            try:
                await gateway.send([message])
            except Conflict:
                return  # it has ended meanwhile
            self._sent[run_id, node.label] = max(self._sent[run_id, node.label], number + 1)

    async def _cancel(self, gateway: RemoteClientGateway) -> None:
        page = await gateway.list_runs(RunFilter(), limit=1000)
        found = [run.id for run in page.runs if json.loads(run.payload)["program"]["id"] in self._to_cancel]
        if found and self._random.random() < 0.5:
            await gateway.cancel(found, force=self._forcing.random() < 0.3)
            self._to_cancel.clear()
            self._canceled = found

    async def _force(self, gateway: RemoteClientGateway) -> None:
        """Their bodies may be unwinding, be in a step, or in a worker that is gone."""
        if self._forcing.random() < 0.3:
            await gateway.cancel(self._canceled, force=True)
            self._canceled = []


def _everyone(value: Any) -> list[Program]:
    """Every program inside a value."""
    if isinstance(value, tuple):
        return [program for item in value for program in _everyone(item)]
    if not isinstance(value, msgspec.Struct):
        return []
    inner = [program for name in value.__struct_fields__ for program in _everyone(getattr(value, name))]
    return [value, *inner] if isinstance(value, Program) else inner


def _receives(value: Any) -> list[Receive]:
    """The inboxes of a body, without those of its children."""
    if isinstance(value, tuple):
        return [node for item in value for node in _receives(item)]
    if isinstance(value, Receive):
        return [value]
    if isinstance(value, Program) or not isinstance(value, msgspec.Struct):
        return []
    return [node for name in value.__struct_fields__ for node in _receives(getattr(value, name))]


def _endless(value: Any) -> list[str]:
    """Labels of the tokens that nobody completes."""
    from tests.sim.programs import Token

    if isinstance(value, tuple):
        return [label for item in value for label in _endless(item)]
    if not isinstance(value, msgspec.Struct):
        return []
    if isinstance(value, Token):
        return [] if value.completed else [value.label]
    return [label for name in value.__struct_fields__ for label in _endless(getattr(value, name))]
