"""What this engine did since it started, counted from the notes of its commits: nothing is scanned for it."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

from runcast.domain.run import FINAL
from runcast.metrics.histogram import Histogram
from runcast.store.claim import Claimed
from runcast.store.script import Changed, Note

SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
JOBS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Counts:
    """The writer's meter. Written on its thread; what others read may be one turn behind."""

    def __init__(self) -> None:
        self.created = 0
        self.assigned = 0
        self.ended_by = dict.fromkeys((str(status) for status in sorted(FINAL)), 0)
        self.commits = Histogram(SECONDS)
        self.turns = Histogram(SECONDS)
        self.jobs = Histogram(JOBS)
        self._began_at = self._committing_at = 0.0

    def began(self) -> None:
        self._began_at = perf_counter()

    def committing(self) -> None:
        self._committing_at = perf_counter()

    def committed(self) -> None:
        self.commits.observe(perf_counter() - self._committing_at)

    def ended(self, jobs: int, notes: Sequence[Note], results: Sequence[Any]) -> None:
        self.turns.observe(perf_counter() - self._began_at)
        self.jobs.observe(jobs)
        for note in notes:
            if type(note) is Changed and note.ours:
                self.created += len(note.born)
                for end in note.ended:
                    self.ended_by[end.status] += 1
        for claimed in results:
            if type(claimed) is Claimed:
                self.assigned += len(claimed.assignments)
