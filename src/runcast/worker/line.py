"""The line to the engine for what need not be sent again: a broken session takes everything with it anyway."""

from __future__ import annotations

from collections.abc import Callable

from runcast.domain.errors import Unavailable
from runcast.gateway import Assignment, Demand, Report, WorkerSession


class Line:
    """A session whose breaking is no error here: the heartbeat finds out, and a new one begins."""

    def __init__(self, session: WorkerSession, broken: Callable[[], None]) -> None:
        self._session = session
        self._broken = broken

    def demand(self, demand: Demand) -> None:
        """Tell the engine what room there is."""
        try:
            self._session.demand(demand)
        except Unavailable:
            self._broken()

    async def tell(self, report: Report) -> None:
        """Report something whose answer does not matter; untold, the engine takes the run back by itself."""
        try:
            await self._session.report([report])
        except Unavailable:
            self._broken()

    async def journal(self, assignment: Assignment) -> Assignment | None:
        """The whole of an assignment that came without its journal; None if the run is no longer this worker's."""
        try:
            return await self._session.journal(assignment.run_id, assignment.epoch)
        except Unavailable:
            self._broken()
            return None
