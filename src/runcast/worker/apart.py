"""The runs of a worker that execute in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.gateway import Assignment, News, WorkerSession
from runcast.sdk.stopping import Stopping
from runcast.sdk.task import TaskDefinition
from runcast.worker.census import Census
from runcast.worker.find import find_task
from runcast.worker.lanes import Lanes, Placed


class Isolated(Placed, Protocol):
    """A run in a process of its own."""

    run_id: RunId
    waiting: bool
    again: Assignment | None
    """The run was woken while the process was still there."""

    async def run(self) -> None: ...
    def resume(self, assignment: Assignment) -> None: ...
    def news(self, news: News) -> None: ...
    def stop(self, stopping: Stopping) -> None: ...


Isolate = Callable[[Assignment, TaskDefinition[..., Any], WorkerSession, "Apart"], Isolated]


class Apart:
    """Starts them, passes on what the engine says, and lets them go."""

    def __init__(
        self,
        isolate: Isolate | None,
        session: WorkerSession,
        lanes: Lanes,
        census: Census,
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        start_again: Callable[[Assignment], Coroutine[Any, Any, None]],
        room_changed: Callable[[], None],
    ) -> None:
        self._isolate = isolate
        """None: this is such a process already."""
        self._session = session
        self._lanes = lanes
        self._census = census
        self._spawn = spawn
        self._start_again = start_again
        self._room_changed = room_changed
        self._runs: dict[str, Isolated] = {}

    def start_if_due(self, assignment: Assignment, task: TaskDefinition[..., Any]) -> bool:
        """Execute it in a process of its own if it must be; else False."""
        if self._isolate is None or not (task.lane == "process" or (assignment.alone and _is_findable(task))):
            return False
        former = self._runs.get(assignment.run_id)
        if former is not None:
            former.stop(Stopping.FENCE)
        isolated = self._isolate(assignment, task, self._session, self)
        self._runs[assignment.run_id] = isolated
        self._census.born()
        self._lanes.take(isolated)
        self._spawn(isolated.run())
        return True

    def resume(self, assignment: Assignment) -> bool:
        """A woken run whose process is still there starts again when it is gone; False if it is not here."""
        isolated = self._runs.get(assignment.run_id)
        if isolated is None or not isolated.waiting:
            return False
        isolated.resume(assignment)
        return True

    def news(self, news: News) -> None:
        isolated = self._runs.get(news.run_id)
        if isolated is not None:
            isolated.news(news)

    def stop(self, run_id: str, stopping: Stopping) -> None:
        isolated = self._runs.get(run_id)
        if isolated is not None:
            isolated.stop(stopping)

    def stop_all(self, stopping: Stopping) -> None:
        for isolated in tuple(self._runs.values()):
            isolated.stop(stopping)

    # --- what the runs say

    def waits(self, isolated: Isolated) -> None:
        """The engine has it as `WAITING`."""
        self._lanes.give(isolated)
        self._room_changed()

    def gone(self, isolated: Isolated) -> None:
        """Its process has ended, and everything is reported."""
        if self._runs.get(isolated.run_id) is isolated:
            del self._runs[isolated.run_id]
        self._lanes.give(isolated)
        if isolated.again is not None:
            self._spawn(self._start_again(isolated.again))
        self._census.gone()
        self._room_changed()


def _is_findable(task: TaskDefinition[..., Any]) -> bool:
    """A suspect whose task no other process finds is executed in company: a risk, but not a failure of its own."""
    try:
        find_task(task.fn.__module__, task.fn.__qualname__, task.name)
    except InvalidInput:
        return False
    return True
