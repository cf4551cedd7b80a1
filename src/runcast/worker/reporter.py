"""Sends what executions did: everything that happened in one turn of the loop in one report to the engine.

Reports of one run follow each other: a run with a report on its way waits for the answer. Reports of different runs do
not wait for each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from typing import Any, Protocol

from runcast.domain.effect import Effect, EffectKind
from runcast.domain.errors import InvalidInput, Unavailable
from runcast.domain.journal import EntryKind
from runcast.domain.outcome import Waiting
from runcast.gateway import Reply, Report, WorkerSession
from runcast.sdk.unasked import withdraw_unasked
from runcast.worker.running import Running

RETRY_S = (0.05, 2.0)
"""First and longest pause before a report that found no engine is sent again."""
RECHECK_S = (0.005, 1.0)
"""First and longest pause before an execution with a branch of its own is looked at again. At the longest the run gives
up its slot, which somebody it waits for may need, and keeps its coroutine."""


class Answers(Protocol):
    """Who hears what the engine answered."""

    def answered(self, running: Running, report: Report, reply: Reply) -> None: ...

    def unavailable(self) -> None: ...

    """Called when a report finds no engine."""

    def flushed(self) -> None:
        """All executions that changed in this turn are looked at: room may have appeared."""
        ...


class Reporter:
    """Collects changed executions and reports them."""

    def __init__(
        self,
        session: WorkerSession,
        answers: Answers,
        *,
        loop: asyncio.AbstractEventLoop,
        context: Context,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        flush_s: float,
    ) -> None:
        self._session = session
        self._answers = answers
        self._loop = loop
        self._context = context
        self._spawn = spawn
        self._flush_s = flush_s
        self._dirty: list[Running] = []
        self._quiet: list[Running] = []
        """Executions with nothing but effects, which may wait for company."""
        self._timer: asyncio.TimerHandle | None = None
        self._armed = False
        self.closed = False

    def changed(self, running: Running) -> None:
        """Look at this execution at the end of the turn."""
        if running.dirty:
            return
        running.dirty = True
        self._dirty.append(running)
        if not self._armed:
            self._armed = True
            if _is_complete(running):
                self._loop.call_soon(self._flush, context=self._context)
            else:
                # Two turns later: branches that the body has just made take their first step in the next one, and
                # then the run may wait, which belongs into the same report.
                self._loop.call_soon(self._arm, context=self._context)

    def _arm(self) -> None:
        self._loop.call_soon(self._flush, context=self._context)

    def _flush(self) -> None:
        self._armed = False
        changed, self._dirty = self._dirty, []
        if self.closed:
            return
        batch: list[tuple[Running, Report]] = []
        now = self._loop.time()
        for running in changed:
            running.dirty = False
            if not running.in_flight:
                report = self._report_of(running, now)
                if report is not None:
                    running.in_flight = True
                    batch.append((running, report))
        for part in _apart(batch):
            self._spawn(self._send(part))
        self._answers.flushed()

    def _report_of(self, running: Running, now: float) -> Report | None:
        """What is to be sent of an execution now, taken out of it."""
        if running.waiting:
            return self._nudge_of(running)
        if running.parts:
            return running.parts.pop(0)
        outcome = running.outcome
        if outcome is None and running.waits:
            keys = running.waiting_keys(patient=running.recheck_s < RECHECK_S[1])
            if keys:
                withdraw_unasked(running)
                outcome = Waiting(keys)
                running.recheck_s = 0.0
            elif not running.busy:
                self._recheck(running)
        entries, effects = running.entries, running.effects
        running.outcome = None
        if outcome is None and not entries and (not effects or self._may_wait(running, now)):
            return None
        if entries:
            running.entries = []
        if effects:
            running.effects = []
            running.flush_at = 0.0
        executed_ms = 0 if outcome is None else running.executed_ms(now)
        return Report(running.run_id, running.epoch, tuple(entries), tuple(effects), outcome, executed_ms)

    def _nudge_of(self, running: Running) -> Report | None:
        """A waiting run with something to record, or to begin, asks to be woken."""
        wants = running.entries or running.effects or running.busy or running.outcome is not None
        if not wants or running.nudged:
            return None
        running.nudged = True
        return Report(running.run_id, running.epoch)

    def _recheck(self, running: Running) -> None:
        """A branch does something of its own, and nobody says when that ends: look again, less and less often."""
        if running.recheck_s == 0.0:
            running.recheck_s = RECHECK_S[0]
        else:
            running.recheck_s = min(running.recheck_s * 2, RECHECK_S[1])
        if not running.rechecking:
            running.rechecking = True
            self._loop.call_later(running.recheck_s, self._look_again, running, context=self._context)

    def _look_again(self, running: Running) -> None:
        running.rechecking = False
        if running.waits and not running.ended:
            self.changed(running)

    # --- effects that wait for company

    def _may_wait(self, running: Running, now: float) -> bool:
        if running.flush_at == 0.0:
            running.flush_at = now + self._flush_s
            self._quiet.append(running)
            if self._timer is None:
                self._timer = self._loop.call_at(running.flush_at, self._flush_quiet, context=self._context)
            return True
        return now < running.flush_at

    def _flush_quiet(self) -> None:
        self._timer = None
        now = self._loop.time()
        due = [running for running in self._quiet if running.flush_at <= now]
        self._quiet = [running for running in self._quiet if running.flush_at > now]
        for running in due:
            if running.flush_at:
                self.changed(running)
        if self._quiet:
            self._timer = self._loop.call_at(self._quiet[0].flush_at, self._flush_quiet, context=self._context)

    # --- sending

    async def _send(self, batch: Sequence[tuple[Running, Report]]) -> None:
        replies = await self._deliver([report for _, report in batch])
        for (running, report), reply in zip(batch, replies, strict=False):
            running.in_flight = False
            self._answers.answered(running, report, reply)
        self._answers.flushed()

    async def _deliver(self, reports: Sequence[Report]) -> Sequence[Reply]:
        """The replies; none once the session is given up. A repeated report changes nothing twice."""
        pause = RETRY_S[0]
        while not self.closed:
            try:
                return await self._session.report(reports)
            except InvalidInput as error:
                if len(reports) == 1:
                    return [Reply(reports[0].run_id, error=str(error), error_code=error.code)]
                return [reply for report in reports for reply in await self._deliver([report])]
            except Unavailable:
                self._answers.unavailable()
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_S[1])
        return ()

    def close(self) -> None:
        """Send nothing more."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _apart(batch: list[tuple[Running, Report]]) -> list[list[tuple[Running, Report]]]:
    """What goes in one request: all, but those with artifacts by themselves. Their bytes may go to a blob store first,
    which takes its time or cannot be reached, and other runs do not wait for that."""
    slow = [pair for pair in batch if pair[1].effects and any(map(_is_artifact, pair[1].effects))]
    if not slow:
        return [batch] if batch else []
    rest = [pair for pair in batch if pair not in slow]
    return [*([rest] if rest else []), *([pair] for pair in slow)]


def _is_artifact(effect: Effect) -> bool:
    return effect.kind is EffectKind.ARTIFACT


def _is_complete(running: Running) -> bool:
    """True if nothing that the next turn may bring belongs into the same report: the body is gone, or awaits a step."""
    if running.outcome is not None:
        return True
    return bool(running.entries) and running.entries[-1].entry.kind is EntryKind.STEP
