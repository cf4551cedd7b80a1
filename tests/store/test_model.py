"""The store against a model: random sequences of everything an engine asks of it, compared after every step.

The model knows statuses, attempts, epochs, slots and what waits for what; the doctor's laws hold after every commit.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import RunId, WaitId, WorkerId, child_run_id, make_id
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry, NewWait
from runcast.domain.outcome import Continued, Evicted, Failed, HandedBack, Outcome, Released, Succeeded, Waiting
from runcast.domain.queue import QueueSettings
from runcast.domain.run import FINAL, NewRun, RunStatus
from runcast.gateway import Hello, Reply, Report, TaskInfo
from runcast.store import claim, doctor, enqueue, report, resolve, timers, workers
from runcast.store.script import ScriptFactory
from runcast.store.sqlite.database import SqliteSession, connect
from runcast.store.sqlite.migrate import migrate

QUEUES = {"free": (None, None), "two": (2, None), "keyed": (3, 1)}
LEASE_MS = 1_000
_ERROR = ErrorInfo(type="builtins.ValueError", message="no")


class Ran(msgspec.Struct):
    """The model of one run."""

    id: str
    queue: str
    key: str
    status: RunStatus
    attempt: int = 0
    epoch: int = 0
    fresh: bool = True
    slot: bool = False
    worker: str | None = None
    due: int | None = None
    expires: int | None = None
    awaits: dict[str, str | int] = msgspec.field(default_factory=dict)
    """Pending entries: key to what ends them, the id of a run or wait, or a time."""
    resolved: set[str] = msgspec.field(default_factory=set)
    """Entries that were resolved."""
    news: set[str] = msgspec.field(default_factory=set)
    """Those of them that were resolved while the run waited, or waited for its turn to go on."""
    children: int = 0
    deaths: int = 0
    parent: str | None = None


class StoreMachine(RuleBasedStateMachine):
    runs = Bundle("runs")
    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.connection = connect(":memory:")
        migrate(self.connection, ":memory:")
        self.executor = SqliteSession(self.connection, ":memory:")
        self.now = 1_000_000
        self.model: dict[str, Ran] = {}
        self.waits: dict[str, bool] = {}
        self.keys: dict[str, tuple[str, int | None]] = {}
        self.living: list[str] = []
        self.chance = 0

    # --- plumbing ---

    def run(self, factory: ScriptFactory[Any]) -> Any:
        self.connection.execute("begin immediate")
        try:
            result = self.executor.run(factory(), [])
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")
        return result

    def new_id(self, prefix: str) -> str:
        self.chance += 1
        return make_id(prefix, at_ms=self.now, chance=self.chance)

    def report(self, run: Ran, *, outcome: Outcome | None = None, entries: tuple[NewEntry, ...] = ()) -> Reply:
        item = Report(RunId(run.id), run.epoch, entries=entries, outcome=outcome)
        worker = run.worker or self.living[0]
        replies: list[Reply] = self.run(lambda: report.report(worker, [item], self.now))
        return replies[0]

    def executing(self, run_id: str) -> Ran | None:
        run = self.model[run_id]
        return run if run.status == RunStatus.EXECUTING else None

    # --- the model's own consequences ---

    def ended(self, run: Ran, status: RunStatus, *, keeps_slot: bool = False) -> None:
        run.status = status
        run.due = run.expires = None
        run.slot = run.slot and keeps_slot
        run.awaits.clear()
        self.resolve(run.id)

    def resolve(self, thing: str) -> None:
        for other in self.model.values():
            keys = [key for key, awaited in other.awaits.items() if awaited == thing]
            for key in keys:
                self.resolved(other, key)

    def resolved(self, run: Ran, key: str) -> None:
        del run.awaits[key]
        run.resolved.add(key)
        if run.status in (RunStatus.WAITING, RunStatus.QUEUED):
            run.news.add(key)
            run.status = RunStatus.QUEUED

    # --- rules ---

    @initialize()
    def start(self) -> None:
        for _ in range(2):
            self.worker_comes()

    @rule()
    def worker_comes(self) -> None:
        if len(self.living) >= 3:
            return
        worker = self.new_id("worker")
        tasks = tuple(TaskInfo(name, name) for name in QUEUES)
        queues = tuple(QueueSettings(name, total, per_key) for name, (total, per_key) in QUEUES.items())
        self.run(lambda: workers.hello(Hello(WorkerId(worker), tasks, queues), self.now, LEASE_MS * 1000))
        self.living.append(worker)

    @rule(
        target=runs,
        queue=st.sampled_from(sorted(QUEUES)),
        key=st.sampled_from(["", "a", "b"]),
        delay=st.sampled_from([0, 0, 0, 500]),
        ttl=st.sampled_from([None, None, 300]),
        priority=st.sampled_from([0, 0, 5_000]),
        idempotency=st.sampled_from([None, None, "k1", "k2"]),
        count=st.integers(1, 3),
    )
    def trigger(
        self, queue: str, key: str, delay: int, ttl: int | None, priority: int, idempotency: str | None, count: int
    ) -> Any:
        new = [
            NewRun(
                RunId(self.new_id("run")),
                queue,
                concurrency_key=key,
                delay_ms=delay,
                ttl_ms=ttl,
                priority_ms=priority,
                idempotency_key=idempotency,
                idempotency_ttl_ms=700 if idempotency else None,
            )
            for _ in range(count)
        ]
        answers = self.run(lambda: enqueue.enqueue(new, self.now))
        made = []
        for run, answer in zip(new, answers, strict=True):
            known, expires = self.keys.get(f"{queue} {idempotency}", ("", 0)) if idempotency else ("", 0)
            if known and (expires or 0) > self.now:
                assert answer.cached
                assert answer.id == known
                continue
            assert not answer.cached
            assert answer.id == run.id
            if idempotency:
                self.keys[f"{queue} {idempotency}"] = (run.id, self.now + 700)
            self.model[run.id] = Ran(
                run.id,
                queue,
                key,
                RunStatus.DELAYED if delay else RunStatus.QUEUED,
                due=self.now + delay if delay else None,
                expires=None if ttl is None else self.now + delay + ttl,
            )
            made.append(run.id)
        return multiple(*made)

    @rule(room=st.integers(1, 4), which=st.integers(0, 2))
    def claim(self, room: int, which: int) -> None:
        if not self.living:
            return
        worker = self.living[which % len(self.living)]
        claimant = claim.Claimant(worker, "dev", {"async": tuple(QUEUES)}, {"async": room})
        taken: claim.Claimed = self.run(lambda: claim.claim(claimant, self.now))
        assert len(taken.assignments) <= room
        for assignment in taken.assignments:
            run = self.model[assignment.run_id]
            assert run.status == RunStatus.QUEUED
            assert run.worker in (None, worker)
            assert run.expires is None or run.attempt > 0 or run.expires > self.now, "what expired never starts"
            assert assignment.resume == (run.worker == worker)
            told = {entry.key for entry in assignment.journal}
            assert (run.news if assignment.resume else run.resolved) <= told, "a wake-up carries what was resolved"
            run.status, run.slot, run.worker = RunStatus.EXECUTING, True, worker
            run.news.clear()
            run.epoch += 1
            run.attempt += run.fresh
            run.fresh = False
            assert (assignment.epoch, assignment.attempt) == (run.epoch, run.attempt)
        if len(taken.assignments) < room:
            self.nothing_was_left(worker)

    def nothing_was_left(self, worker: str) -> None:
        """A claim that had room took everything that the limits allow."""
        busy = Counter((run.queue, run.key) for run in self.model.values() if run.slot)
        totals = Counter(run.queue for run in self.model.values() if run.slot)
        for run in self.model.values():
            if run.status != RunStatus.QUEUED or run.worker not in (None, worker):
                continue
            if run.expires is not None and run.expires <= self.now and run.attempt == 0:
                continue
            total, per_key = QUEUES[run.queue]
            full = total is not None and totals[run.queue] >= total
            key_full = per_key is not None and bool(run.key) and busy[run.queue, run.key] >= per_key
            assert full or key_full, f"{run.id} was left although there is room"

    @rule(run_id=runs, good=st.booleans())
    def finish(self, run_id: str, good: bool) -> None:
        if run := self.executing(run_id):
            reply = self.report(run, outcome=Succeeded("1") if good else Failed(_ERROR))
            assert not reply.lost
            self.ended(run, RunStatus.COMPLETED if good else RunStatus.FAILED)

    @rule(run_id=runs)
    def retry(self, run_id: str) -> None:
        if run := self.executing(run_id):
            self.report(run, outcome=Failed(_ERROR, retry_in_ms=400))
            run.status, run.slot, run.worker, run.fresh = RunStatus.DELAYED, False, None, True
            run.due = self.now + 400

    @rule(run_id=runs)
    def hand_back(self, run_id: str) -> None:
        if run := self.executing(run_id):
            self.report(run, outcome=HandedBack())
            run.status, run.slot, run.worker = RunStatus.QUEUED, False, None

    @rule(run_id=runs)
    def restart(self, run_id: str) -> None:
        if run := self.executing(run_id):
            self.report(run, outcome=Continued("2"))
            run.status, run.slot, run.worker, run.fresh, run.attempt = RunStatus.QUEUED, False, None, True, 0
            run.expires = None
            run.awaits.clear()
            run.resolved.clear()
            run.news.clear()

    @rule(run_id=runs, number=st.integers(0, 3))
    def step(self, run_id: str, number: int) -> None:
        if run := self.executing(run_id):
            entry = Entry(f"step{number}", EntryKind.STEP, value=str(run.epoch))
            before = self.value_of(run_id, entry.key)
            self.report(run, entries=(NewEntry(entry),))
            assert self.value_of(run_id, entry.key) == (before or str(run.epoch)), "a done entry never changes"

    def value_of(self, run_id: str, key: str) -> str | None:
        row = self.connection.execute(
            "select value from journal where run_id = ? and key = ?", (run_id, key)
        ).fetchone()
        return None if row is None else str(row[0])

    @rule(run_id=runs, ms=st.integers(0, 900), resident=st.booleans())
    def sleep(self, run_id: str, ms: int, resident: bool) -> None:
        if run := self.executing(run_id):
            key = f"sleep{len(run.awaits)}#{self.chance}"
            self.chance += 1
            entry = NewEntry(Entry(key, EntryKind.SLEEP, status=EntryStatus.PENDING), due_in_ms=ms)
            reply = self.report(run, entries=(entry,), outcome=Waiting((key,), resident))
            assert reply.waiting
            assert reply.due == {key: self.now + ms}
            self.waits_now(run, resident)
            run.awaits[key] = self.now + ms

    @rule(target=tokens, run_id=runs, resident=st.booleans())
    def wait_for_token(self, run_id: str, resident: bool) -> Any:
        run = self.executing(run_id)
        if run is None:
            return multiple()
        token = self.new_id("wait")
        entry = NewEntry(Entry(token, EntryKind.TOKEN, status=EntryStatus.PENDING, awaits=token), wait=NewWait(token))
        self.report(run, entries=(entry,), outcome=Waiting((token,), resident))
        self.waits_now(run, resident)
        run.awaits[token] = token
        self.waits[token] = False
        return token

    def waits_now(self, run: Ran, resident: bool) -> None:
        run.status, run.slot = RunStatus.WAITING, False
        run.worker = run.worker if resident else None

    @rule(token=tokens)
    def complete(self, token: str) -> None:
        self.run(lambda: resolve.complete_wait(WaitId(token), "true", self.now))
        self.waits[token] = True
        self.resolve(token)

    @rule(target=runs, run_id=runs, resident=st.booleans())
    def child(self, run_id: str, resident: bool) -> Any:
        run = self.executing(run_id)
        if run is None:
            return multiple()
        run.children += 1
        key = f"child{run.children}"
        child = NewRun(child_run_id(RunId(run.id), key, 0), "free", parent_id=RunId(run.id), parent_key=key, depth=1)
        entry = Entry(key, EntryKind.CHILD, status=EntryStatus.PENDING, awaits=child.id)
        self.report(run, entries=(NewEntry(entry, children=(child,)),), outcome=Waiting((key,), resident))
        self.waits_now(run, resident)
        run.awaits[key] = child.id
        self.model[child.id] = Ran(child.id, "free", "", RunStatus.QUEUED, parent=run.id)
        return child.id

    @rule(run_id=runs)
    def evict(self, run_id: str) -> None:
        run = self.model[run_id]
        if run.worker is not None and run.status in (RunStatus.WAITING, RunStatus.QUEUED):
            self.report(run, outcome=Evicted())
            run.worker = None

    @rule(run_id=runs)
    def cancel(self, run_id: str) -> None:
        gone: list[str] = self.run(lambda: resolve.cancel([run_id], self.now))
        assert gone == ([] if self.model[run_id].status in FINAL else [run_id])
        self.cancel_tree(run_id)

    def cancel_tree(self, run_id: str) -> None:
        run = self.model[run_id]
        if run.status in FINAL:
            return
        for child in [other.id for other in self.model.values() if other.parent == run_id]:
            self.cancel_tree(child)
        self.ended(run, RunStatus.CANCELED, keeps_slot=True)

    @rule(run_id=runs)
    def release(self, run_id: str) -> None:
        run = self.model[run_id]
        if run.status in FINAL and run.slot:
            self.report(run, outcome=Released())
            run.slot = False

    @rule(run_id=runs, outcome=st.sampled_from([Succeeded("9"), Failed(_ERROR, 1), HandedBack(), Waiting(("x",))]))
    def a_stale_report_changes_nothing(self, run_id: str, outcome: Outcome) -> None:
        run = self.model[run_id]
        if run.epoch == 0 or not self.living:
            return
        before = self.everything()
        stale = Report(RunId(run_id), run.epoch - 1, (NewEntry(Entry("stale", EntryKind.STEP)),), outcome=outcome)
        replies: list[Reply] = self.run(lambda: report.report(self.living[0], [stale], self.now))
        assert replies[0].lost
        assert self.everything() == before

    def everything(self) -> list[Any]:
        tables = ("runs", "journal", "applied", "changes", "waits", "queues")
        return [self.connection.execute(f"select * from {table}").fetchall() for table in tables]

    @rule(ms=st.integers(1, 400))
    def time_passes(self, ms: int) -> None:
        self.now += ms
        self.run(lambda: timers.fire_due(self.now))
        for run in list(self.model.values()):
            keys = [key for key, at in run.awaits.items() if isinstance(at, int) and at <= self.now]
            for key in keys:
                self.resolved(run, key)
            if run.status == RunStatus.DELAYED and run.due is not None and run.due <= self.now:
                run.status, run.due = RunStatus.QUEUED, None
        for run in list(self.model.values()):
            unstarted = run.status in (RunStatus.QUEUED, RunStatus.DELAYED) and run.attempt == 0
            if unstarted and run.expires is not None and run.expires <= self.now:
                self.ended(run, RunStatus.EXPIRED)

    @rule(which=st.integers(0, 2), died=st.booleans())
    def worker_goes(self, which: int, died: bool) -> None:
        if not self.living:
            return
        worker = self.living.pop(which % len(self.living))
        self.run(lambda: workers.rescue([worker], self.now, deaths=died))
        for run in self.model.values():
            if run.worker != worker:
                continue
            if run.status == RunStatus.EXECUTING:
                self.taken_back(run, died=died)
            elif run.status in FINAL:
                run.slot = False
            else:
                run.worker = None

    def taken_back(self, run: Ran, *, died: bool) -> None:
        run.slot = False
        run.status, run.worker = RunStatus.QUEUED, None
        run.deaths += died

    # --- what must hold after every rule ---

    @invariant()
    def the_store_agrees(self) -> None:
        rows = self.connection.execute("select id, status, attempt, epoch, slot from runs").fetchall()
        assert {row[0]: row[1:] for row in rows} == {
            run.id: (run.status.value, run.attempt, run.epoch, int(run.slot)) for run in self.model.values()
        }

    @invariant()
    def the_limits_hold(self) -> None:
        totals = Counter(run.queue for run in self.model.values() if run.slot)
        keys = Counter((run.queue, run.key) for run in self.model.values() if run.slot and run.key)
        for queue, (total, per_key) in QUEUES.items():
            assert total is None or totals[queue] <= total
            for (name, _), count in keys.items():
                assert name != queue or per_key is None or count <= per_key

    @invariant()
    def the_doctor_finds_nothing(self) -> None:
        assert doctor.check(self.connection) == []

    def teardown(self) -> None:
        self.connection.close()


StoreMachine.TestCase.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
test_the_store_follows_the_model = pytest.mark.slow(StoreMachine.TestCase)
