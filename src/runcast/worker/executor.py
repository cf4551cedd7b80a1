"""Executes assignments: keeps each run's place between the engine and its body."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import copy_context
from random import Random
from threading import get_ident
from typing import Any, TypeVar

from runcast.clock import Clock
from runcast.domain.outcome import Evicted, HandedBack, Outcome, Released, TimedOut, Waiting
from runcast.domain.run import Run, RunStatus
from runcast.gateway import Assignment, News, Reply, Report, Stop, WorkerSession
from runcast.sdk.execution import Execution
from runcast.sdk.quiet import is_quiet
from runcast.sdk.registry import Registry
from runcast.sdk.stopping import Stopping
from runcast.worker.apart import Apart, Isolate
from runcast.worker.bodies import Bodies, stop
from runcast.worker.census import Census
from runcast.worker.deadlines import Deadlines
from runcast.worker.evict import Residents
from runcast.worker.lanes import Lanes
from runcast.worker.line import Line
from runcast.worker.outcomes import stopped, timed_out
from runcast.worker.refusal import refuse
from runcast.worker.reporter import Reporter
from runcast.worker.running import Running
from runcast.worker.settings import WorkerSettings
from runcast.worker.stuck import StuckThreads
from runcast.worker.threads import Threads

T = TypeVar("T")
Spawn = Callable[[Coroutine[Any, Any, None]], None]
UNWIND_S = 1.0
"""What bodies get to unwind after the grace of a stop, before the session hands back whatever is left."""


class Executor:
    """The host of all executions of one session: the engine's inbox on one side, bodies on the other.

    `on_unavailable` hears when a report finds no engine, `stuck` when too many threads cannot be stopped.
    """

    def __init__(
        self,
        session: WorkerSession,
        registry: Registry,
        settings: WorkerSettings,
        *,
        clock: Clock,
        random: Random,
        spawn: Spawn,
        isolate: Isolate | None = None,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.thread_id = get_ident()
        self.random = random
        self.spawn = spawn
        self.offset_ms = session.welcome.now_ms - clock.now_ms()
        """How far the engine's clock is ahead of the local one."""
        self.on_unavailable: Callable[[], None] = _nothing
        context = copy_context()
        self._session = session
        self._line = Line(session, self.unavailable)
        self._registry = registry
        self._clock = clock
        self._settings = settings
        self._threads = Threads(settings.thread_capacity, name="runcast-body")
        self._step_threads = Threads(settings.step_threads, name="runcast-step")
        self._bodies = Bodies(self.loop, context, self._threads, random, self._body_ended, hooks=registry.hooks)
        self._reporter = Reporter(
            session, self, loop=self.loop, context=context, spawn=spawn, flush_s=settings.flush_ms / 1000
        )
        self._residents = Residents(
            self.loop, context, self._evict, after_ms=settings.evict_after_ms, maximum=settings.resident_max
        )
        self._limits: Deadlines[Running] = Deadlines(self.loop, context, self._past_limit)
        self.stuck = StuckThreads(self.loop, context, settings)
        self._lanes = Lanes(settings)
        self.running: dict[str, Running] = {}
        self.census = Census(self.loop)
        self._apart = Apart(
            isolate,
            session,
            self._lanes,
            self.census,
            spawn=spawn,
            start_again=self._start_again,
            room_changed=self.flushed,
        )
        self._threads_used = 0

    def unavailable(self) -> None:
        self.on_unavailable()

    # --- Host: what executions ask

    def now_ms(self) -> int:
        """Engine time."""
        return self._clock.now_ms() + self.offset_ms

    def changed(self, execution: Execution) -> None:
        self._reporter.changed(execution)  # type: ignore[arg-type]

    def measured(self, offset_ms: int) -> None:
        """The heartbeat measured the engine's clock."""
        self.offset_ms = offset_ms

    async def members(self, batch_id: str) -> Sequence[Run]:
        return await self._session.members(batch_id)

    async def in_thread(self, work: Callable[[], T]) -> T:
        future = self._step_threads.submit(work)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self.stuck.watch(lambda: not future.done())
            raise

    # --- Inbox: what the engine pushes

    def assign(self, assignments: Sequence[Assignment]) -> None:
        self._lanes.received(len(assignments))
        for assignment in assignments:
            if assignment.resume:
                self._resume(assignment)
            else:
                self._start(assignment)

    def news(self, news: Sequence[News]) -> None:
        for item in news:
            running = self.running.get(item.run_id)
            if running is not None and running.epoch == item.epoch:
                for entry in item.entries:
                    running.resolve(entry)
            elif running is None:
                self._apart.news(item)

    def stop(self, stops: Sequence[Stop]) -> None:
        for item in stops:
            running = self.running.get(item.run_id)
            if running is not None and running.epoch <= item.epoch:
                running.canceled = item.reason == RunStatus.CANCELED
                self._lose(running)
            elif running is None:
                self._apart.stop(item.run_id, Stopping.CANCEL)

    # --- starting and resuming

    def _start(self, assignment: Assignment) -> None:
        former = self.running.get(assignment.run_id)
        if former is not None:
            # The run comes back to this worker: the former body must not write, and ends unseen.
            self._fence(former)
        task = self._registry.find(assignment.task)
        if task is None or self._lanes.closed:
            self.spawn(self._line.tell(Report(assignment.run_id, assignment.epoch, outcome=HandedBack())))
            return
        if self._apart.start_if_due(assignment, task):
            return
        running = Running(assignment, self, task, self.loop.time())
        self.running[assignment.run_id] = running
        self.census.born()
        self._take(running, assignment.remaining_ms)
        if running.lane == "thread":
            self._threads_used += 1
            self._evict_needed_thread()
        self._bodies.start(running)

    def _resume(self, assignment: Assignment) -> None:
        running = self.running.get(assignment.run_id)
        if running is None:
            if not self._apart.resume(assignment):
                self.spawn(self._start_again(assignment))
            return
        running.epoch = assignment.epoch
        if running.stop is not None:
            running.again = assignment  # it is being evicted in this moment, and starts again when it is gone
            return
        self._residents.remove(running)
        self._take(running, assignment.remaining_ms)
        running.go_on()
        running.nudged = False
        running.since = self.loop.time()
        for entry in assignment.journal:
            running.resolve(entry)
        self._reporter.changed(running)

    async def _start_again(self, assignment: Assignment) -> None:
        """A woken run whose coroutine is gone: execute it over its whole journal."""
        full = await self._line.journal(assignment)
        if full is not None:
            self._start(full)

    # --- what the engine answered

    def answered(self, running: Running, report: Report, reply: Reply) -> None:
        """One report was answered."""
        if reply.lost:
            if isinstance(report.outcome, Released):
                self._forget(running)
            elif report.epoch == running.epoch:
                self._lose(running)
        elif reply.error is not None:
            refuse(running, report, reply)
        else:
            running.acknowledge(report.entries, reply.resolved)
            match report.outcome:
                case None:
                    pass
                case TimedOut():
                    running.time_out_known = True
                    running.outcome = Released() if running.gone else None
                case Waiting():
                    if reply.waiting and report.epoch == running.epoch:
                        self._begin_waiting(running)
                case _:
                    self._forget(running)
                    return
        if running.parts or running.entries or running.effects or running.outcome is not None or running.waits:
            self._reporter.changed(running)

    def flushed(self) -> None:
        """A turn of the reporter is over: tell the engine what room there is."""
        demand = self._lanes.news()
        if demand is not None:
            self._line.demand(demand)

    def _begin_waiting(self, running: Running) -> None:
        running.waiting = True
        self._lanes.give(running)
        self._limits.remove(running.run_id)
        if running.stop is None:
            self._residents.add(running)
            if self._lanes.closed:
                self.evict_all()
            elif running.lane == "thread":
                self._evict_needed_thread()
        elif running.gone and running.stop in (Stopping.EVICT, Stopping.HAND_BACK):
            running.outcome = None
            self._gone(running)

    # --- how bodies end

    def _body_ended(self, running: Running, outcome: Outcome | None) -> None:
        """The body and everything it made is gone."""
        running.gone = True
        if self.running.get(running.run_id) is not running or running.stop is Stopping.FENCE:
            self._forget(running)
            return
        match running.stop:
            case None:
                running.outcome = outcome
            case Stopping.TIME_OUT if not running.time_out_known:
                # Released with the answer to `TimedOut`, which is on its way.
                return
            case Stopping.CANCEL | Stopping.TIME_OUT:
                running.outcome = Released()
            case Stopping.EVICT | Stopping.HAND_BACK if running.waiting:
                self._gone(running)
                return
            case _:
                running.outcome = stopped(running)
        self._reporter.changed(running)

    def _evict(self, running: Running) -> None:
        """Take it from memory, unless a branch of it goes on by itself: that would be lost."""
        restless = running.nudged or running.ended or not is_quiet(running)
        if restless and not self._lanes.closed:
            self._residents.postpone(running)
        else:
            self._evict_now(running)

    def _evict_now(self, running: Running) -> None:
        self._residents.remove(running)
        if running.gone:
            # Its end is not reported yet: whoever executes it again comes to the same end.
            self._gone(running)
        else:
            stop(running, Stopping.EVICT)

    def _evict_needed_thread(self) -> None:
        """A waiting thread is given up as soon as another run has none."""
        if self._threads_used > self._settings.thread_capacity:
            self._residents.evict_thread()

    def evict_all(self) -> None:
        """Take everything that waits from memory, whatever it does by itself."""
        for running in tuple(self.running.values()):
            if running.waiting and running.stop is None:
                self._evict_now(running)

    def _gone(self, running: Running) -> None:
        """A waiting body is gone: the run may be woken anywhere, or was woken meanwhile."""
        again = running.again
        self._forget(running)
        if again is None:
            self.spawn(self._line.tell(Report(running.run_id, running.epoch, outcome=Evicted())))

    def _lose(self, running: Running) -> None:
        """Another execution owns the run, or it is final: stop the body; nothing more of it is recorded."""
        if running.stop is Stopping.CANCEL and not running.gone:
            return
        running.drop_records()
        running.go_on()
        self._residents.remove(running)
        if running.gone:
            running.outcome = Released()
            self._reporter.changed(running)
        else:
            running.stop = None
            stop(running, Stopping.CANCEL)
            self._watch_thread(running)

    def _past_limit(self, running: Running) -> None:
        if running.gone or running.stop is not None:
            return
        stop(running, Stopping.TIME_OUT)
        running.drop_records()
        running.outcome = timed_out(running)
        self._reporter.changed(running)
        self._watch_thread(running)

    def _take(self, running: Running, remaining_ms: int | None) -> None:
        """It executes now, for as long as it may."""
        self._lanes.take(running)
        if remaining_ms is not None:
            self._limits.add(running.run_id, self.loop.time() + remaining_ms / 1000, running)

    def _forget(self, running: Running) -> None:
        if self.running.get(running.run_id) is running:
            del self.running[running.run_id]
            self._limits.remove(running.run_id)
        if running.forgotten:
            return
        running.forgotten = True
        # All lead back to the run. Without them it goes at once: the garbage collector cost 15 of 22 µs a run.
        running.root = None
        running.calls.clear()
        del running.scope
        self._residents.remove(running)
        self._lanes.give(running)
        self._threads_used -= running.lane == "thread"
        self.census.gone()
        if running.again is not None:
            self.spawn(self._start_again(running.again))

    def _fence(self, running: Running) -> None:
        self._residents.remove(running)
        self.running.pop(running.run_id, None)
        self._limits.remove(running.run_id)
        running.drop_records()
        if running.gone:
            self._forget(running)
        else:
            stop(running, Stopping.FENCE)
            self._watch_thread(running)

    def _watch_thread(self, running: Running) -> None:
        if running.threaded:
            self.stuck.watch(lambda: not running.ended)

    # --- the end

    async def drain(self, grace_s: float) -> None:
        """Take nothing new, let bodies finish, evict those that wait, hand the rest back."""
        self._line.demand(self._lanes.close())
        self.evict_all()
        await self.census.until_empty(grace_s)
        for running in tuple(self.running.values()):
            if running.stop is None:
                stop(running, Stopping.HAND_BACK)
                self._reporter.changed(running)
        self._apart.stop_all(Stopping.HAND_BACK)
        await self.census.until_empty(UNWIND_S)

    async def abort(self, patience_s: float) -> None:
        """The session is lost: stop every body, report nothing."""
        self._lanes.close()
        self._reporter.close()
        for running in tuple(self.running.values()):
            self._fence(running)
        self._apart.stop_all(Stopping.FENCE)
        await self.census.until_empty(patience_s)

    def close(self) -> None:
        """Let go of threads and timers."""
        self._reporter.close()
        self._limits.close()
        self.stuck.close()
        self._residents.close()
        self._threads.shutdown(wait=False)
        self._step_threads.shutdown(wait=False)


def _nothing() -> None:
    """Nobody listens."""
