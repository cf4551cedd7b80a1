"""The factory of the store's tests: a database, a clock, workers, and runs in any state, with as few words as possible.

db.worker()
run = db.start()                          # a run that is executing
db.report(run, outcome=Succeeded("1"))
assert db.status(run) == "COMPLETED"
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from runcast.domain.change import Change
from runcast.domain.effect import Effect, EffectKind, Target
from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import RunId, WaitId, WorkerId, child_run_id, make_id
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry, NewWait
from runcast.domain.outcome import Outcome, Succeeded, Waiting
from runcast.domain.queue import QueueChange, QueueSettings, QueueState
from runcast.domain.run import TRANSITIONS, NewRun, Run, Triggered
from runcast.gateway import Assignment, Explanation, Hello, Reply, Report, TaskInfo
from runcast.store import claim, doctor, enqueue, queues, reads, report, resolve, timers, why, workers
from runcast.store.hot import HotRows
from runcast.store.script import Changed, Due, Freed, Note, Ready, Script, Tell
from tests.store.houses import House

T = TypeVar("T")
N = TypeVar("N", Ready, Freed, Due, Tell, Changed)

START_MS = 1_000_000_000
LEASE_MS = 30_000
ERROR = ErrorInfo(type="builtins.ValueError", message="no")

Owned = Assignment | tuple[str, int]
"""An execution: a claimed run, or (run id, epoch)."""


class World:
    """One database under test. Scripts run at once, each in a transaction of its own.

    `hot`: the executor remembers queues and tasks between transactions, as the writer's does.
    """

    def __init__(self, house: House, *, hot: bool = False) -> None:
        self.house = house
        self.executor = house.session
        self.hot = HotRows(self.executor.execute)
        if hot:
            self.executor.answer = self.hot.run
        self.now = START_MS
        self.notes: list[Note] = []
        self._chance = 0
        self._seen_change = 0

    def close(self) -> None:
        self.house.close()

    # --- plumbing ---------------------------------------------------------------------------------------------------

    def run(self, factory: Callable[[], Script[T]]) -> T:
        """Run a script and commit; its notes are in `notes`."""
        self.notes = []
        self.executor.begin(lazy=True)
        try:
            result: T = self.executor.run(factory(), self.notes)
            self.hot.settle()
        except BaseException:
            self.hot.forget()
            self.executor.rollback()
            raise
        self.executor.commit()
        return result

    def read(self, factory: Callable[[], Script[T]]) -> T:
        """Run a script that only reads; the notes stay."""
        result: T = self.executor.run(factory(), [])
        return result

    def sql(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        self.hot.forget()
        return self.house.sql(text, values)

    def one(self, text: str, *values: object) -> Any:
        """The first column of the only row."""
        [(value,)] = self.sql(text, *values)
        return value

    def noted(self, kind: type[N]) -> list[N]:
        """The notes of the last script that are of one kind."""
        return [note for note in self.notes if isinstance(note, kind)]

    def advance(self, ms: int) -> None:
        self.now += ms

    def new_id(self, prefix: str = "run") -> str:
        self._chance += 1
        return make_id(prefix, at_ms=self.now, chance=self._chance)

    def findings(self) -> list[doctor.Finding]:
        return self.read(doctor.examine)

    def forbidden_moves(self) -> set[tuple[str, str]]:
        """Changes of status that the domain's table does not know."""
        allowed = {(before.value, after.value) for (before, _), after in TRANSITIONS.items()}
        return set(self.sql("select before, after from moves")) - allowed

    # --- workers ----------------------------------------------------------------------------------------------------

    def worker(
        self,
        worker_id: str = "w1",
        *,
        tasks: Sequence[str | TaskInfo] = ("work",),
        queues: Sequence[QueueSettings] = (),
        embedded: bool = False,
        labels: tuple[str, ...] | None = None,
    ) -> str:
        """A worker that knows `tasks`; those given by name live in the queue `work`."""
        infos = tuple(task if isinstance(task, TaskInfo) else TaskInfo(task, "work") for task in tasks)
        hello = Hello(WorkerId(worker_id), infos, tuple(queues), embedded=embedded, labels=labels)
        self.run(lambda: workers.hello(hello, self.now, LEASE_MS))
        return worker_id

    def limit(self, **limits: Any) -> None:
        """Limits of the queue `work`, as its declaration in code gives them."""
        self.worker(queues=[QueueSettings("work", **limits)])

    def set_queue(self, name: str = "work", **change: Any) -> QueueState:
        """A live change by a person."""
        return self.run(lambda: queues.change("dev", name, QueueChange(**change), self.now))

    # --- runs -------------------------------------------------------------------------------------------------------

    def new(self, task: str = "work", **options: Any) -> NewRun:
        return NewRun(RunId(options.pop("id", None) or self.new_id()), task, **options)

    def enqueue(self, *runs: NewRun) -> list[Triggered]:
        return self.run(lambda: enqueue.enqueue(runs, self.now))

    def trigger(self, task: str = "work", **options: Any) -> RunId:
        """Store one run; its id."""
        return self.enqueue(self.new(task, **options))[0].id

    def trigger_many(self, count: int, task: str = "work", **options: Any) -> list[RunId]:
        return [answer.id for answer in self.enqueue(*(self.new(task, **options) for _ in range(count)))]

    def claim(
        self,
        worker_id: str = "w1",
        *,
        room: int = 100,
        tasks: Sequence[str] = ("work",),
        rotation: int = 0,
        labels: tuple[str, ...] | None = None,
    ) -> tuple[Assignment, ...]:
        lanes = {"async": tuple(tasks)}
        claimant = claim.Claimant(worker_id, "dev", lanes, {"async": room}, rotation=rotation, labels=labels)
        return self.run(lambda: claim.claim(claimant, self.now)).assignments

    def claimed(self, worker_id: str = "w1", **options: Any) -> list[RunId]:
        """Claim; only the ids."""
        return [assignment.run_id for assignment in self.claim(worker_id, **options)]

    def claimed_one_by_one(self, count: int, *, tasks: Sequence[str] = ("work",)) -> list[RunId]:
        """Claim one run at a time and finish it: the order in which runs get their turn."""
        order = []
        for _ in range(count):
            for run in self.claim(room=1, tasks=tasks):
                order.append(run.run_id)
                self.report(run, outcome=Succeeded("null"))
        return order

    def start(self, task: str = "work", *, worker_id: str = "w1", **options: Any) -> Assignment:
        """A run that is executing. Its worker must be there."""
        run_id = self.trigger(task, **options)
        taken = {run.run_id: run for run in self.claim(worker_id, tasks=(task,))}
        return taken[run_id]

    def report(
        self,
        run: Owned,
        *entries: NewEntry | Entry,
        effects: Sequence[Effect] = (),
        outcome: Outcome | None = None,
        worker_id: str = "w1",
        executed_ms: int = 0,
    ) -> Reply:
        item = self.item(run, *entries, effects=effects, outcome=outcome, executed_ms=executed_ms)
        return self.run(lambda: report.report(worker_id, [item], self.now))[0]

    def reports(self, *items: Report, worker_id: str = "w1") -> list[Reply]:
        return self.run(lambda: report.report(worker_id, items, self.now))

    def item(
        self,
        run: Owned,
        *entries: NewEntry | Entry,
        effects: Sequence[Effect] = (),
        outcome: Outcome | None = None,
        executed_ms: int = 0,
    ) -> Report:
        run_id, epoch = (run.run_id, run.epoch) if isinstance(run, Assignment) else run
        news = tuple(entry if isinstance(entry, NewEntry) else NewEntry(entry) for entry in entries)
        return Report(RunId(run_id), epoch, news, tuple(effects), outcome, executed_ms)

    def wait(self, run: Owned, *entries: NewEntry, resident: bool = True, worker_id: str = "w1") -> Reply:
        """The run waits for all of `entries`."""
        keys = tuple(new.entry.key for new in entries)
        return self.report(run, *entries, outcome=Waiting(keys, resident), worker_id=worker_id)

    def parent_of(self, run: Assignment, *keys: str, resident: bool = True, **options: Any) -> list[RunId]:
        """The run waits for one new child a key; the children's ids."""
        entries = [child(run, key, **options) for key in keys]
        self.wait(run, *entries, resident=resident)
        return [entry.children[0].id for entry in entries]

    # --- what happens -----------------------------------------------------------------------------------------------

    def complete(self, wait_id: str, value: str = "true") -> bool:
        return self.run(lambda: resolve.complete_wait(WaitId(wait_id), value, self.now))

    def cancel(self, *run_ids: str, force: bool = False) -> list[str]:
        return self.run(lambda: resolve.cancel(run_ids, self.now, force=force))

    def fire(self) -> int | None:
        """What is due now; when the next thing is."""
        return self.run(lambda: timers.fire_due(self.now))

    def lose(self, *worker_ids: str, deaths: bool = True) -> int:
        """Workers die, or leave in good order."""
        return self.run(lambda: workers.rescue(worker_ids, self.now, deaths=deaths))

    # --- facts ------------------------------------------------------------------------------------------------------

    def find(self, run: Assignment | str) -> Run:
        run_id = run if isinstance(run, str) else run.run_id
        found = self.read(partial(reads.find_run, run_id))
        assert found is not None
        return found

    def status(self, run: Assignment | str) -> str:
        return str(self.one("select status from runs where id = ?", run if isinstance(run, str) else run.run_id))

    def statuses(self, *runs: Assignment | str) -> list[str]:
        return [self.status(run) for run in runs]

    def journal(self, run: Assignment | str) -> dict[str, Entry]:
        run_id = run if isinstance(run, str) else run.run_id
        return {entry.key: entry for entry in self.read(partial(reads.journal, run_id))}

    def metadata(self, run: Assignment | str) -> Any:
        return msgspec.json.decode(self.find(run).metadata)

    def slots(self) -> int:
        return int(self.one("select count(*) from runs where slot = 1"))

    def why(self, run: Assignment | str) -> Explanation:
        found = self.find(run)
        return self.read(lambda: why.why(found, self.now))

    def changes(self) -> list[Change]:
        """The facts since the last look."""
        page = self.read(partial(reads.changes_after, self._seen_change))
        if page:
            self._seen_change = page[-1].seq
        return list(page)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """The whole content, to see that nothing changed."""
        return {name: self.sql(f"select * from {name}") for name in self.house.tables}


# --- entries --------------------------------------------------------------------------------------------------------


def step(key: str, value: str = "1", *, status: EntryStatus = EntryStatus.DONE, **fields: Any) -> NewEntry:
    error = ERROR if status is EntryStatus.FAILED else None
    return NewEntry(Entry(key, EntryKind.STEP, key, status, value=None if error else value, error=error, **fields))


def failed_step(key: str) -> NewEntry:
    return step(key, status=EntryStatus.FAILED)


def sleep(key: str, ms: int) -> NewEntry:
    return NewEntry(Entry(key, EntryKind.SLEEP, status=EntryStatus.PENDING), due_in_ms=ms)


def token(key: str, wait_id: str, *, timeout_ms: int | None = None, create: bool = True) -> NewEntry:
    """A wait for the wait `wait_id`, which is created along with it."""
    entry = Entry(key, EntryKind.TOKEN, status=EntryStatus.PENDING, awaits=wait_id)
    return NewEntry(entry, due_in_ms=timeout_ms, wait=NewWait(wait_id) if create else None)


def child(run: Assignment, key: str, *, generation: int = 0, waited: bool = True, **options: Any) -> NewEntry:
    """A child, waited for or not."""
    new = NewRun(
        child_run_id(run.run_id, key, generation),
        options.pop("task", "work"),
        parent_id=run.run_id,
        parent_key=key,
        root_id=run.root_id or run.run_id,
        depth=run.depth + 1,
        generation=generation,
        **options,
    )
    kind = EntryKind.CHILD if waited else EntryKind.TRIGGER
    status = EntryStatus.PENDING if waited else EntryStatus.DONE
    value = None if waited else msgspec.json.encode(new.id).decode()
    return NewEntry(
        Entry(key, kind, new.task, status, value=value, awaits=new.id, generation=generation), children=(new,)
    )


def batch(run: Assignment, key: str, size: int, *, options: Sequence[dict[str, Any]] = ()) -> NewEntry:
    """A batch of `size` children; `options` of each, by position."""
    batch_id = f"batch_{run.run_id[4:]}_{key}"
    children = tuple(
        NewRun(
            child_run_id(run.run_id, f"{key}\0{position}", 0),
            "work",
            parent_id=run.run_id,
            parent_key=key,
            root_id=run.root_id or run.run_id,
            depth=run.depth + 1,
            batch_id=batch_id,
            batch_position=position,
            **(options[position] if options else {}),
        )
        for position in range(size)
    )
    return NewEntry(Entry(key, EntryKind.BATCH, "work", EntryStatus.PENDING, awaits=batch_id), children=children)


def result(key: str, run_id: str) -> NewEntry:
    """A wait for a run that is not this run's child."""
    return NewEntry(Entry(key, EntryKind.RESULT, status=EntryStatus.PENDING, awaits=run_id))


# --- effects --------------------------------------------------------------------------------------------------------


def increment(key: str, number: int, *, scope: str = "s", target: Target = Target.SELF, by: int = 1) -> Effect:
    return Effect(EffectKind.INCREMENT, key, str(by), target, scope, number)


def part(stream: str, value: str, number: int, *, scope: str = "s", target: Target = Target.SELF) -> Effect:
    return Effect(EffectKind.PART, stream, msgspec.json.encode(value).decode(), target, scope, number)


def log(message: str, number: int = 0, *, scope: str = "") -> Effect:
    return Effect(
        EffectKind.LOG, "info", msgspec.json.encode({"message": message}).decode(), scope=scope, number=number
    )
