"""An execution as the worker keeps it: what `sdk.execution` knows, and where it stands with the engine.

    executing   the body runs, or waits and the engine has not heard of it yet
    waiting     the engine has it as `WAITING`; the coroutine or thread is still here
    ending      `outcome` is set: the body is gone, its last report is on its way

`resume` leads from waiting back to executing, eviction from waiting to the end.
"""

from __future__ import annotations

from typing import Any

from runcast.domain.outcome import Outcome
from runcast.gateway import Assignment, Report
from runcast.sdk.execution import Execution
from runcast.sdk.host import Host
from runcast.sdk.task import TaskDefinition


class Running(Execution):
    """One run in this worker."""

    __slots__ = (
        "again",
        "canceled",
        "dirty",
        "flush_at",
        "forgotten",
        "gone",
        "holds",
        "in_flight",
        "lane",
        "nudged",
        "outcome",
        "parts",
        "recheck_s",
        "rechecking",
        "refused",
        "since",
        "task",
        "time_out_known",
    )

    def __init__(self, assignment: Assignment, host: Host, task: TaskDefinition[..., Any], now: float) -> None:
        super().__init__(assignment, host, task.code_version)
        self.task = task
        self.lane = task.lane
        self.holds = False
        """It takes room in its lane."""
        self.since = now
        """Loop time since which it executes."""
        self.nudged = False
        """It waits, and asked to be woken because a branch went on by itself."""
        self.outcome: Outcome | None = None
        self.gone = False
        """The body, and every asyncio task that it made, is gone."""
        self.forgotten = False
        self.in_flight = False
        """A report is on its way: the next one waits for its answer, so that records keep their order."""
        self.dirty = False
        self.flush_at = 0.0
        """Loop time at which effects are sent even if nothing else happens; 0: nothing to send."""
        self.again: Assignment | None = None
        """It was woken while it was being evicted: it is executed again."""
        self.canceled = False
        """The engine said so: the run is `CANCELED`, not taken over."""
        self.recheck_s = 0.0
        self.rechecking = False
        self.time_out_known = False
        """The engine has the run as `TIMED_OUT`."""
        self.parts: list[Report] = []
        """Halves of a report that was refused whole: they go before anything else."""
        self.refused = False
        """Its outcome was refused once; the next refusal ends it."""

    def drop_records(self) -> None:
        """Nothing that it did since its last report will be reported."""
        self.parts, self.entries, self.effects, self.outcome = [], [], [], None

    def executed_ms(self, now: float) -> int:
        """How long it has been executing since it was claimed or woken."""
        return int((now - self.since) * 1000)
