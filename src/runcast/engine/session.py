"""A worker's session with the engine: its demand, its reports, its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from runcast.domain.errors import Conflict, InvalidInput, Overloaded
from runcast.domain.ids import RunId
from runcast.domain.run import Run
from runcast.engine.dispatch import Dispatch
from runcast.engine.uploads import NONSENSE, Uploads
from runcast.gateway import Assignment, Demand, Hello, Inbox, News, Reply, Report, Stop, Welcome
from runcast.store import reads, workers
from runcast.store.report import report
from runcast.store.store import Store


class Leavers(Protocol):
    """Who takes back what a worker held whose session ended."""

    async def take_back(self, worker_id: str, now: int, *, deaths: bool) -> None: ...


class LocalSession:
    """`gateway.WorkerSession` in the engine's process. Lives on the loop that opened it."""

    def __init__(
        self,
        store: Store,
        dispatch: Dispatch,
        leavers: Leavers,
        uploads: Uploads,
        hello: Hello,
        inbox: Inbox,
        welcome: Welcome,
    ) -> None:
        self.hello = hello
        self.welcome = welcome
        self._store = store
        self._dispatch = dispatch
        self._leavers = leavers
        self._uploads = uploads
        self._inbox = inbox
        self._loop = asyncio.get_running_loop()
        self._mailbox = store.mailbox(self._loop)
        self._reporting = 0
        """Reports that wait for their replies."""

    def demand(self, demand: Demand) -> None:
        self._dispatch.demand(self.hello.worker_id, demand)

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        """Apply reports in order; one that is refused for its content fails alone."""
        reports = await self._uploads.put_away(reports)
        replies: list[Reply] = []
        for chunk in _rounds(reports):
            replies.extend(await self._report(chunk))
        return replies

    async def _report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        try:
            now = self._store.clock.now_ms()
            self._reporting += 1
            try:
                return await self._store.write(partial(report, self.hello.worker_id, reports, now))
            finally:
                self._reporting -= 1
        except (InvalidInput, Conflict, Overloaded) as error:
            if len(reports) == 1:
                return [Reply(reports[0].run_id, error=str(error), error_code=error.code, details=error.details())]
        except NONSENSE as error:
            if len(reports) == 1:
                reason = f"the report makes no sense: {type(error).__name__}: {error}"
                return [Reply(reports[0].run_id, error=reason, error_code=InvalidInput.code)]
        return [reply for item in reports for reply in await self._report([item])]

    async def renew(self) -> Welcome:
        now = self._store.clock.now_ms()
        await self._store.write(partial(workers.renew, self.hello.worker_id, now, self.welcome.lease_ms), lazy=True)
        return Welcome(self._store.clock.now_ms(), self.welcome.lease_ms, self.welcome.renew_ms)

    async def journal(self, run_id: RunId, epoch: int) -> Assignment | None:
        return await self._store.read(partial(reads.assignment, self.hello.worker_id, run_id, epoch))

    async def members(self, batch_id: str) -> Sequence[Run]:
        return await self._store.read(partial(reads.members, batch_id))

    async def close(self) -> None:
        """Leave in good order: what is still held is handed back."""
        await self._leave(deaths=False)

    async def lost(self) -> None:
        """The worker's process is gone: what it held is taken back, and a death is counted."""
        await self._leave(deaths=True)

    async def _leave(self, *, deaths: bool) -> None:
        await self._leavers.take_back(self.hello.worker_id, self._store.clock.now_ms(), deaths=deaths)

    def push(self, assignments: Sequence[Assignment], items: Sequence[News | Stop]) -> None:
        """Called on the writer's thread, after the commit."""
        self._mailbox.put(self._schedule, assignments, items)

    def _schedule(self, assignments: Sequence[Assignment], items: Sequence[News | Stop]) -> None:
        if self._reporting:
            # One turn later than the replies of the same commit, whose futures were resolved just before.
            self._loop.call_soon(self._receive, assignments, items)
        else:
            self._receive(assignments, items)

    def _receive(self, assignments: Sequence[Assignment], items: Sequence[News | Stop]) -> None:
        stops = [item for item in items if isinstance(item, Stop)]
        news = [item for item in items if isinstance(item, News)]
        if news:
            self._inbox.news(news)
        if stops:
            self._inbox.stop(stops)
        if assignments:
            self._inbox.assign(assignments)


def _rounds(reports: Sequence[Report]) -> list[list[Report]]:
    """Reports in chunks that name each run once, in order."""
    rounds: list[list[Report]] = [[]]
    seen: set[str] = set()
    for item in reports:
        if item.run_id in seen:
            rounds.append([])
            seen = set()
        seen.add(item.run_id)
        rounds[-1].append(item)
    return rounds
