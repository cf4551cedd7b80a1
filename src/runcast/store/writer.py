"""The one writer: drains its inbox, runs every script in one transaction, commits once for all (group commit).

A batch goes through these stages:

    drain     up to `WRITER_BATCH_MAX` jobs leave the inbox
    together  their scripts run in one transaction, without savepoints: the usual, fast way
    follow    scripts that belong in the same commit (a claim for the runs that just became ready)
    settle    what the scripts left to be written once: turns of queues, the feed
    commit    one fsync; without one when every job is lazy, because later commits carry it
    deliver   results, notes and follow-up results go out

If anything fails in *together*, the transaction is rolled back and the jobs run again, each in a savepoint, so that a bad
row fails only itself; if a failure took the whole transaction with it (disk full, I/O), or the commit itself fails, each
gets a transaction of its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from queue import SimpleQueue
from typing import Any, Protocol

import msgspec

from runcast.domain.errors import EngineStopped, Unavailable
from runcast.domain.limits import WRITER_BATCH_MAX, WRITER_INBOX_MAX
from runcast.store.hot import HotRows
from runcast.store.script import Note, Script, ScriptFactory
from runcast.store.session import DatabaseAway, Session, TurnLost

log = logging.getLogger("runcast.store")


class Job(msgspec.Struct):
    """One script to run, and where its result goes."""

    factory: ScriptFactory[Any]
    done: Callable[[Any, BaseException | None], None]
    lazy: bool = False
    """It needs no fsync of its own."""
    result: Any = None
    error: BaseException | None = None


_Stage = Callable[[list[Job], list[Note]], list[Any]]
"""A way to carry out jobs: it adds to the notes, and answers with what the followers came to."""


class Follower(Protocol):
    """Adds scripts to a commit that is about to happen, and hears when it did. `look`: notes what other engines did that
    lies behind a place in the feed."""

    def look(self, since: int) -> Script[None]: ...
    def follow(self, notes: Sequence[Note]) -> Sequence[ScriptFactory[Any]]: ...
    def committed(self, notes: Sequence[Note], results: Sequence[Any]) -> None: ...


class Meter(Protocol):
    """Hears of each turn of the writer, on its thread. Must not raise."""

    def began(self) -> None:
        """A batch left the inbox."""

    def committing(self) -> None: ...
    def committed(self) -> None: ...

    def ended(self, jobs: int, notes: Sequence[Note], results: Sequence[Any]) -> None:
        """Everything that the batch did is told; `notes` are those of what was committed."""


class Faults(Protocol):
    """Test hook around commits; may raise."""

    def before_commit(self) -> None: ...
    def after_commit(self) -> None: ...


class Writer:
    """Owns the writing session. `submit` is safe from any thread; `step` runs on exactly one."""

    def __init__(self, session: Session, *, faults: Faults | None = None) -> None:
        self._session = session
        self._hot = HotRows(session.execute)
        session.answer = self._hot.run
        self._faults = faults
        self._inbox: SimpleQueue[Job | None] = SimpleQueue()
        """None wakes the thread for nothing."""
        self._thread: threading.Thread | None = None
        self._closed = False
        self._refusal: str | None = None
        """Why nothing is written any more, not even what is queued."""
        self.follower: Follower | None = None
        self.meter: Meter | None = None
        self.delivery: Callable[[], AbstractContextManager[None]] = nullcontext
        """What is around the delivery of one batch."""

    def submit(self, job: Job) -> None:
        """Queue a job. Raises `Unavailable` when the writer is closed or far behind."""
        if self._refusal is not None or self._closed:
            raise EngineStopped(self._refusal or "the database is closed")
        if self._inbox.qsize() >= WRITER_INBOX_MAX:
            raise Unavailable(f"{WRITER_INBOX_MAX} writes are waiting already; slow down and try again")
        self._inbox.put(job)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="runcast-writer", daemon=True)
        self._thread.start()

    def refuse(self, reason: str) -> None:
        """Write nothing more: what is queued fails with `EngineStopped`, and so does what comes."""
        self._refusal = reason

    def close(self) -> None:
        """Finish what is queued, then stop."""
        self._closed = True
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join()
        else:
            while not self._inbox.empty():
                self.step()

    def _loop(self) -> None:
        inbox = self._inbox
        while not (self._closed and inbox.empty()):
            self._run(self._drain(inbox.get()))

    def step(self) -> int:
        """One batch, without waiting for it; the number of jobs in it."""
        jobs = self._drain(None)
        self._run(jobs)
        return len(jobs)

    def _drain(self, first: Job | None) -> list[Job]:
        """The first, and what else is in the inbox, up to a bound."""
        inbox = self._inbox
        jobs = [] if first is None else [first]
        for _ in range(min(inbox.qsize(), WRITER_BATCH_MAX - len(jobs))):
            job = inbox.get_nowait()
            if job is not None:
                jobs.append(job)
        return jobs

    def _run(self, jobs: list[Job]) -> None:
        if not jobs:
            return
        if self._refusal is not None:
            self._refuse(jobs, self._refusal)
            return
        meter = self.meter
        if meter is not None:
            meter.began()
        notes: list[Note] = []
        followed = self._carry_out(jobs, notes)
        self._deliver(jobs, notes, followed)
        if meter is not None:
            meter.ended(len(jobs), notes, followed)

    def _carry_out(self, jobs: list[Job], notes: list[Note]) -> list[Any]:
        """All together, or one by one, or each alone; what the followers came to."""
        for stage in (self._together, self._one_by_one):
            try:
                return self._again_and_again(stage, jobs, notes)
            except DatabaseAway as away:
                self._fail(jobs, away)
                notes.clear()
                return []
            except Exception:  # noqa: BLE001 (whatever a script raises is its caller's)
                self._rollback()
        return self._alone(jobs, notes)

    def _again_and_again(self, stage: _Stage, jobs: list[Job], notes: list[Note]) -> list[Any]:
        """Once more whenever the database gave up the transaction. The session ends this when the database stays away:
        then it raises `DatabaseAway`."""
        while True:
            notes.clear()
            try:
                return stage(jobs, notes)
            except TurnLost as lost:
                log.info("%s", lost)
                self._hot.forget()
                self._session.give_up()

    def _fail(self, jobs: list[Job], error: BaseException) -> None:
        """None of them waits any longer."""
        self._hot.forget()
        for job in jobs:
            job.result, job.error = None, error

    def _refuse(self, jobs: list[Job], reason: str) -> None:
        with self.delivery():
            for job in jobs:
                job.done(None, EngineStopped(reason))

    def _together(self, jobs: list[Job], notes: list[Note]) -> list[Any]:
        run = self._session.run
        with self._session.translated():
            self._begin(notes, lazy=all(job.lazy for job in jobs))
            for job in jobs:
                job.result = run(job.factory(), notes)
            followed = [run(factory(), notes) for factory in self._followers(notes)]
            self._commit()
        return followed

    def _one_by_one(self, jobs: list[Job], notes: list[Note]) -> list[Any]:
        """The slow way after a failure: a savepoint for each job."""
        with self._session.translated():
            self._begin(notes, lazy=False)
            for job in jobs:
                self._in_savepoint(job, notes)
            followed = self._follow(notes)
            self._commit()
        return followed

    def _in_savepoint(self, job: Job, notes: list[Note]) -> None:
        """Run one job so that it fails alone. Raises what ended the whole transaction."""
        self._savepoint("job")
        mine: list[Note] = []
        job.result = job.error = None
        try:
            with self._session.translated():
                job.result = self._session.run(job.factory(), mine)
        except TurnLost:
            raise
        except Exception as error:
            if not self._session.in_transaction:
                raise
            job.error = error
            self._rollback_to("job")
        else:
            notes.extend(mine)
        self._session.release("job")

    def _alone(self, jobs: list[Job], notes: list[Note]) -> list[Any]:
        """The last resort when the disk is full or the common commit fails: each job in a transaction of its own."""
        notes.clear()
        for number, job in enumerate(jobs):
            mine: list[Note] = []
            job.result = job.error = None
            try:
                self._again_and_again(self._only, [job], mine)
                notes.extend(mine)
            except DatabaseAway as away:
                self._fail(jobs[number:], away)
                self._followers(notes)
                return []
            except Exception as error:  # noqa: BLE001 (whatever a script raises is its caller's)
                job.error = error
                self._rollback()
        return self._follow_alone(notes)

    def _only(self, jobs: list[Job], notes: list[Note]) -> list[Any]:
        """Jobs in one transaction, without followers."""
        with self._session.translated():
            self._begin(notes, lazy=False)
            for job in jobs:
                job.result = self._session.run(job.factory(), notes)
            self._commit()
        return []

    def _follow_alone(self, notes: list[Note]) -> list[Any]:
        """What became ready is claimed in a commit of its own; if that fails too, the follower tries with the next."""
        learned = list(notes)
        try:
            with self._session.translated():
                self._begin(learned, lazy=True)
                followed = self._follow(learned)
                self._commit()
        except Exception:  # noqa: BLE001 (the follower remembers what was ready)
            # What others did is learned at the next turn: told now, it would ask for that at once, again and again.
            self._followers(notes)
            self._rollback()
            return []
        notes[:] = learned
        return followed

    def _followers(self, notes: list[Note]) -> Sequence[ScriptFactory[Any]]:
        return () if self.follower is None else self.follower.follow(notes)

    def _follow(self, notes: list[Note]) -> list[Any]:
        """Run the follower's scripts in a savepoint: if they fail, the batch still commits."""
        factories = self._followers(notes)
        if not factories:
            return []
        mine: list[Note] = []
        self._savepoint("follow")
        try:
            with self._session.translated():
                results = [self._session.run(factory(), mine) for factory in factories]
        except TurnLost:
            raise
        except Exception:
            if not self._session.in_transaction:
                raise
            log.exception("dispatch failed; it is tried again with the next change")
            self._rollback_to("follow")
            self._session.release("follow")
            return []
        self._session.release("follow")
        notes.extend(mine)
        return results

    def _begin(self, notes: list[Note], *, lazy: bool) -> None:
        """Take the turn. What others did since the last one comes first: it is part of what the follower goes by."""
        since = self._session.begin(lazy=lazy)
        if since is not None:
            self._hot.forget()
            if self.follower is not None:
                self._session.run(self.follower.look(since), notes)

    def _savepoint(self, name: str) -> None:
        self._hot.settle()
        self._session.savepoint(name)

    def _rollback_to(self, name: str) -> None:
        self._hot.forget()
        self._session.rollback_to(name)

    def _commit(self) -> None:
        self._hot.settle()
        if self._faults is not None:
            self._faults.before_commit()
        if self.meter is None:
            self._session.commit()
        else:
            self.meter.committing()
            self._session.commit()
            self.meter.committed()
        if self._faults is not None:
            self._faults.after_commit()

    def _rollback(self) -> None:
        self._hot.forget()
        if self._session.in_transaction:
            self._session.rollback()

    def _deliver(self, jobs: list[Job], notes: list[Note], followed: list[Any]) -> None:
        with self.delivery():
            for job in jobs:
                job.done(job.result, job.error)
            if self.follower is None:
                return
            try:
                self.follower.committed(notes, followed)
            except Exception:
                # What it missed is found again by the services' ticks; a writer that ends would stop everything.
                log.exception("telling of a commit failed")
