"""`assert_crash_safe`: a task, crashed before and after each of its commits, comes to the same end."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from runcast.domain.errors import Conflict, InvalidInput
from runcast.domain.ids import RunId, make_id
from runcast.domain.journal import Wait
from runcast.domain.run import FINAL, NewRun, RunStatus
from runcast.sdk.codec import encode_json
from runcast.sdk.durations import Duration
from runcast.sdk.extension import Extension
from runcast.sdk.outside import has_running_loop
from runcast.sdk.task import TaskDefinition
from runcast.testing.crashing import Crash, CrashAt, MortalEngine, dispose
from runcast.testing.explain import Trouble, explain
from runcast.testing.ledger import Ledger, Note
from runcast.testing.records import read_records, read_runs
from runcast.testing.virtual import VirtualClock

POINTS_MAX = 200
JUMPS_MAX = 1_000
"""How often time may go on in one life: a task that never ends is told so."""
Complete = Mapping[str, Any] | Callable[[Wait], Any]


class NotCrashSafe(AssertionError):
    """A crash changed what a task came to. The message says at which commit, what differs, and the likely cause."""


class CrashReport(msgspec.Struct, frozen=True):
    """What was tried."""

    commits: int
    """How often an undisturbed run is written to."""
    points: int
    """How many crashes were tried."""
    possible: int
    """How many there could be: one before and one after each commit."""
    seed: int

    def __str__(self) -> str:
        if self.points == self.possible:
            return f"safe at all {self.points} crash points of {self.commits} commits"
        return (
            f"safe at {self.points} of {self.possible} crash points of {self.commits} commits, "
            f"a sample drawn with seed={self.seed}; points= tries more"
        )


def assert_crash_safe(
    task: TaskDefinition[..., Any],
    payload: Any = None,
    *,
    complete: Complete | None = None,
    ledger: Ledger | None = None,
    fresh: Callable[[], object] | None = None,
    same: Callable[[Any], Any] | None = None,
    tasks: Sequence[TaskDefinition[..., Any]] | None = None,
    extensions: Sequence[Extension] = (),
    evict_after: Duration | None = None,
    fails: bool = False,
    points: int = POINTS_MAX,
    seed: int = 0,
) -> CrashReport:
    """Run a task, then again with a crash before and after each commit, and compare. Raises `NotCrashSafe`.

    A crash drops engine and worker between two instructions, as the end of their process would, and opens the database
    anew. No schedule ticks. Every life must come to the same output, with each step, child and effect of the undisturbed one recorded once,
    for the run and everything below it. Waits and retries take no time.

    `payload`: the first argument, or a tuple or dict of all; None: there are none. `complete`: what to answer to waits: value by tag or journal
    key of the wait (`"*"`: any), or a function from wait to value. `ledger`: where the test's fakes write; what was
    recorded must not be done again. `fresh`: called before each life from the start, to set the outside world back.
    `same`: what of an output must be the same. `fails`: the task is meant to fail. `points`: at most so many crashes; beyond that a sample is drawn by `seed`.

    >>> from runcast import step, task
    >>> from runcast.testing import assert_crash_safe
    >>> @task
    ... async def total(prices: list[int]) -> int:
    ...     return await step(sum, key="sum")(prices)
    >>> print(assert_crash_safe(total, [1, 2]))
    safe at all 6 crash points of 3 commits
    """
    if has_running_loop():
        raise Conflict("assert_crash_safe blocks: in a coroutine write `await asyncio.to_thread(assert_crash_safe, …)`")
    if points < 1:
        raise InvalidInput(f"points={points}: try at least one crash")
    with tempfile.TemporaryDirectory(prefix="runcast-crash-", dir=_quick_folder()) as folder:
        sweep = _Sweep(task, payload, Path(folder), complete or {}, ledger, same or _whole)
        sweep.fresh = fresh
        sweep.fails = fails
        sweep.options = {"tasks": tasks, "extensions": extensions, "evict_after": evict_after, "schedules": False}
        try:
            return sweep.run(points, seed)
        finally:
            sweep.bury()


def _quick_folder() -> str | None:
    """In memory where there is such a place: no power fails here, so nothing needs a disk."""
    memory = "/dev/shm"  # noqa: S108
    return memory if os.access(memory, os.W_OK) else None


def _payload_text(task: TaskDefinition[..., Any], payload: Any) -> str:
    """None: no argument. Else the arguments as a tuple or dict, or the first one alone."""
    if payload is None:
        return task.payload.encode((), {})
    several = len(task.signature.parameters) > 1 and not isinstance(payload, tuple | dict)
    return task.encode_item((payload,) if several else payload)


def _whole(output: Any) -> Any:
    return output


class _Sweep:
    """All lives of one task."""

    def __init__(
        self,
        task: TaskDefinition[..., Any],
        payload: Any,
        folder: Path,
        complete: Complete,
        ledger: Ledger | None,
        same: Callable[[Any], Any],
    ) -> None:
        self.fresh: Callable[[], object] | None = None
        self.fails = False
        self.options: dict[str, Any] = {}
        self._task = task
        self._folder = folder
        self._complete = complete
        self._ledger = ledger
        self._same = same
        self._clock = VirtualClock()
        run_id = RunId(make_id("run", at_ms=self._clock.now_ms(), chance=0))
        self._new = NewRun(run_id, task.name, _payload_text(task, payload), idempotency_key="assert_crash_safe")
        self._graves: list[tuple[MortalEngine, asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []
        self._lives = 0
        self._current = CrashAt()
        """Where the present lives crash."""
        self._recorded: set[tuple[str, str]] = set()
        """(run, key) of what the database held when the present life began."""

    # --- the sweep

    def run(self, points: int, seed: int) -> CrashReport:
        """Every point, or a sample of them."""
        undisturbed = self._current
        wanted, notes = self._from_the_start(undisturbed), self._notes()
        self._check_end(wanted)
        self._compare(wanted, self._from_the_start(CrashAt()), notes, self._notes())
        every = [(commit, side) for commit in range(1, undisturbed.seen + 1) for side in ("before", "after")]
        chosen = every if len(every) <= points else sorted(Random(seed).sample(every, points))
        for commit, side in chosen:
            self._try(CrashAt(commit, side), wanted, notes)
            self.bury()
        return CrashReport(undisturbed.seen, len(chosen), len(every), seed)

    def _try(self, crash: CrashAt, wanted: dict[str, Any] | None, notes: list[Note]) -> None:
        self._current = crash
        found = self._from_the_start(crash)
        done = self._notes()
        if found is None:
            found = self._live(CrashAt())
            self._check_repeats(done, self._notes()[len(done) :], notes)
        self._compare(wanted, found, notes, self._notes())

    def _from_the_start(self, crash: CrashAt) -> dict[str, Any] | None:
        """A first life on a new file; None when it crashed."""
        self._lives += 1
        self._clock = VirtualClock()
        if self._ledger is not None:
            self._ledger.clear()
        if self.fresh is not None:
            self.fresh()
        return self._live(crash)

    def _notes(self) -> list[Note]:
        return [] if self._ledger is None else list(self._ledger.notes)

    # --- one life

    def _live(self, crash: CrashAt) -> dict[str, Any] | None:
        """What was recorded when all runs had ended; None after a crash, whose remains stay until `bury`."""
        database = self._folder / f"{self._lives}.db"
        engine = MortalEngine(crash, clock=self._clock, database=database, **self.options)
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(_say_nothing)
        life = loop.create_task(self._life(engine, crash))
        # Whoever holds no task of a loop that stands still has it collected, which would run its `finally` blocks now.
        self._graves.append((engine, loop, life))
        try:
            return loop.run_until_complete(life)
        except Crash:
            engine.die(self._ledger)
            return None

    async def _life(self, engine: MortalEngine, crash: CrashAt) -> dict[str, Any]:
        await engine.__aenter__()
        try:
            found = await self._drive(engine)
        except Exception:
            # Not in a `finally`: what crashed does not leave in good order.
            await engine.__aexit__()
            raise
        crash.armed = False
        await engine.__aexit__()
        return found

    async def _drive(self, engine: MortalEngine) -> dict[str, Any]:
        """From the trigger until no run is left that has not ended."""
        gateway = engine.engine
        journals = [(run.id, await gateway.journal(run.id)) for run in await read_runs(gateway)]
        self._recorded = {(run_id, entry.key) for run_id, entries in journals for entry in entries}
        await gateway.trigger([self._new])
        jumps = 0
        while not await self._is_over(engine):
            if await self._answer(engine):
                continue
            due_at = await engine.next_due()
            jumps += 1
            if due_at is None or jumps > JUMPS_MAX:
                raise NotCrashSafe(await self._stuck(engine, endless=due_at is not None))
            self._clock.jump_to(due_at)
        return await read_records(gateway)

    async def _is_over(self, engine: MortalEngine) -> bool:
        await engine.settle()
        runs = await read_runs(engine.engine)
        parked = [run for run in runs if run.parked_reason]
        if parked:
            raise NotCrashSafe(explain(self._trouble(parked=parked)))
        return all(run.status in FINAL for run in runs)

    async def _answer(self, engine: MortalEngine) -> bool:
        """Complete what may be completed; whether there was something."""
        answered = False
        for wait in await engine.engine.list_waits():
            known, value = await self._answer_to(engine, wait)
            if known:
                await engine.engine.complete_wait(wait.id, encode_json(value, what="value of complete="))
                answered = True
        return answered

    async def _answer_to(self, engine: MortalEngine, wait: Wait) -> tuple[bool, Any]:
        if callable(self._complete):
            return True, self._complete(wait)
        keys = [] if wait.run_id is None else await engine.engine.journal(wait.run_id)
        names = [*wait.tags, *(entry.key for entry in keys if entry.awaits == wait.id), "*"]
        name = next((name for name in names if name in self._complete), None)
        return (False, None) if name is None else (True, self._complete[name])

    async def _stuck(self, engine: MortalEngine, *, endless: bool) -> str:
        waiting = [run for run in await read_runs(engine.engine) if run.status not in FINAL]
        why = (await engine.engine.why(waiting[0].id)).reason
        if endless:
            why = f"after {JUMPS_MAX:,} waits it goes on. Give the test a payload with which it ends"
        elif waits := ", ".join(f"tags {list(wait.tags)}" for wait in await engine.engine.list_waits()):
            why += f". It waits for somebody ({waits}): say what to answer with complete={{…}}"
        said = f"task {waiting[0].task!r} will not end by itself: {why}"
        return explain(self._trouble(hangs=said)) if self._current.commit else said

    # --- what came of it

    def _check_end(self, records: dict[str, Any] | None) -> None:
        root = (records or {})[self._task.name]
        if (root["status"] != RunStatus.COMPLETED) is not self.fails:
            raise NotCrashSafe(
                f"without any crash, task {self._task.name!r} ended {root['status']} ({root['error'] or 'no error'}): "
                f"{'fails=True says that it is not to complete' if self.fails else 'pass fails=True if it is meant to'}"
            )

    def _compare(
        self, wanted: dict[str, Any] | None, found: dict[str, Any] | None, notes: list[Note], now: list[Note]
    ) -> None:
        assert wanted is not None
        assert found is not None
        left, right = self._comparable(wanted), self._comparable(found)
        missing = Counter(repr(note.what) for note in notes) - Counter(repr(note.what) for note in now)
        if left != right or missing:
            raise NotCrashSafe(explain(self._trouble(wanted=left, found=right, missing=list(missing))))

    def _comparable(self, records: dict[str, Any]) -> dict[str, Any]:
        root = records.get(self._task.name)
        if root is None or root["output"] is None:
            return records
        return {**records, self._task.name: {**root, "output": self._same(root["output"])}}

    def _check_repeats(self, before: list[Note], after: list[Note], notes: list[Note]) -> None:
        """What was done again although it was recorded, or could not be because it is not in a step."""
        due = Counter(repr(note.what) for note in notes)
        done = Counter(repr(note.what) for note in [*before, *after])
        for note in after:
            again = note in before and done[repr(note.what)] > due[repr(note.what)]
            if again and (note.step is None or (note.run_id, note.step) in self._recorded):
                raise NotCrashSafe(explain(self._trouble(repeated=note)))

    def _trouble(self, **fields: Any) -> Trouble:
        return Trouble(self._task, self._current, **fields)

    def bury(self) -> None:
        """Take apart what crashed. `finally` blocks of bodies run now, when nobody looks any more."""
        graves, self._graves = self._graves, []
        for engine, loop, _ in graves:
            engine.decompose()
            dispose(loop)


def _say_nothing(_loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
    """What a crash leaves behind is nobody's to report."""
