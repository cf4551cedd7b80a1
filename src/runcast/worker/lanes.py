"""Room for executions, by lane: what is used, and what the engine was told."""

from __future__ import annotations

from typing import Protocol

from runcast.gateway import Demand
from runcast.worker.settings import WorkerSettings


class Placed(Protocol):
    """What takes room."""

    lane: str
    holds: bool
    """It takes room now."""


class Lanes:
    """Counts executing runs. A waiting run gives its place back; a stuck thread keeps it."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._capacity = {
            "async": settings.async_capacity,
            "thread": settings.thread_capacity,
            "process": settings.process_capacity,
        }
        self._used = dict.fromkeys(self._capacity, 0)
        self._received = 0
        self._told: Demand | None = None
        self.closed = False

    def received(self, count: int) -> None:
        """Assignments came in."""
        self._received += count

    def take(self, running: Placed) -> None:
        """It executes now."""
        if not running.holds:
            running.holds = True
            self._used[running.lane] += 1

    def give(self, running: Placed) -> None:
        """It waits, or its body is gone."""
        if running.holds:
            running.holds = False
            self._used[running.lane] -= 1

    def news(self) -> Demand | None:
        """What the engine has not been told yet, if anything."""
        if self.closed:
            return None
        used = self._used
        lanes = {lane: room if (room := size - used[lane]) > 0 else 0 for lane, size in self._capacity.items()}
        demand = Demand(lanes, self._received)
        if demand == self._told:
            return None
        self._told = demand
        return demand

    def close(self) -> Demand:
        """No room from now on, in no lane: what says no lane at all is about to leave."""
        self.closed = True
        return Demand({}, self._received)
