"""The worker's gateway for a key: it executes what is in the key's environment, and reports on what it was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from runcast.api.confined import Confined
from runcast.api.confined_client import named_by
from runcast.domain.access import Role
from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId
from runcast.domain.outcome import Waiting
from runcast.domain.run import Run
from runcast.gateway import Assignment, Demand, Hello, Inbox, News, Reply, Report, Stop, Welcome, WorkerSession
from runcast.store import confined


class ConfinedWorkers(Confined):
    """`WorkerGateway` for a caller of one environment."""

    async def open(self, hello: Hello, inbox: Inbox) -> ConfinedSession:
        """Raises `AccessDenied` for a key of a lesser role than `worker`."""
        self._require(Role.WORKER)
        if not await self._is_free(hello.worker_id):
            raise NotFound(f"no worker {hello.worker_id!r}")
        # Whoever comes from elsewhere leaves an engine as it is: its process is another, and it has a lease.
        was = hello.was if hello.was is not None and await self._is_free(hello.was) else None
        given = _Given(inbox)
        here = replace(hello, environment=self._environment, was=was, embedded=False)
        return ConfinedSession(self, await self._engine.open(here, given), given)

    async def _is_free(self, worker_id: str) -> bool:
        """Whether an id is of no worker of another environment."""
        environment = await self._engine.store.read(partial(confined.worker_environment, worker_id))
        return environment in (None, self._environment)

    async def find_refused(self, reports: Sequence[Report]) -> dict[RunId, NotFound]:
        """Which of them name runs, waits or batches of another environment, by run; most of the time one read says none."""
        if await self._refusal(reports) is None:
            return {}
        found = {report.run_id: await self._refusal([report]) for report in reports}
        return {run_id: refusal for run_id, refusal in found.items() if refusal is not None}

    async def _refusal(self, reports: Sequence[Report]) -> NotFound | None:
        named: list[str] = []
        for report in reports:
            for new in report.entries:
                named += named_by(new.children)
                named += [id for id in (new.entry.awaits, new.wait and new.wait.id) if id]
        try:
            await self._look(named)
        except NotFound as refusal:
            return refusal
        return None

    def placed(self, report: Report) -> Report:
        """What it triggers and asks for is in this environment, whatever it says."""
        here = self._environment
        if all(
            all(child.environment == here for child in new.children)
            and (new.wait is None or new.wait.environment == here)
            for new in report.entries
        ):
            return report
        entries = tuple(
            replace(
                new,
                children=tuple(replace(child, environment=here) for child in new.children),
                wait=new.wait and replace(new.wait, environment=here),
            )
            for new in report.entries
        )
        return replace(report, entries=entries)

    def is_here(self, run: Run) -> bool:
        return run.environment == self._environment


class _Given:
    """The worker's inbox; knows which runs it was given, and how often."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.runs: Counter[RunId] = Counter()

    def assign(self, assignments: Sequence[Assignment]) -> None:
        self.runs.update(assignment.run_id for assignment in assignments)
        self._inbox.assign(assignments)

    def taken(self, run_id: RunId, times: int) -> None:
        """It is not the worker's any more, unless it was given once more meanwhile."""
        if self.runs[run_id] == times:
            del self.runs[run_id]

    def news(self, news: Sequence[News]) -> None:
        self._inbox.news(news)

    def stop(self, stops: Sequence[Stop]) -> None:
        self._inbox.stop(stops)


class ConfinedSession:
    """`WorkerSession` that reports only on runs that were assigned in it."""

    def __init__(self, gateway: ConfinedWorkers, session: WorkerSession, given: _Given) -> None:
        self.welcome = session.welcome
        self._gateway = gateway
        self._session = session
        self._given = given

    def demand(self, demand: Demand) -> None:
        self._session.demand(demand)

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        own = [self._gateway.placed(report) for report in reports if report.run_id in self._given.runs]
        refused = await self._gateway.find_refused(own)
        passed = [report for report in own if report.run_id not in refused]
        replies = iter(await self._pass_on(passed))
        owned = {report.run_id for report in own}
        answers: list[Reply] = []
        for report in reports:
            if report.run_id not in owned:
                answers.append(Reply(report.run_id, lost=True))
            elif (refusal := refused.get(report.run_id)) is not None:
                answers.append(Reply(report.run_id, error=str(refusal), error_code=refusal.code))
            else:
                answers.append(next(replies))
        return answers

    async def _pass_on(self, reports: Sequence[Report]) -> Sequence[Reply]:
        times = [self._given.runs[report.run_id] for report in reports]
        replies = await self._session.report(reports) if reports else ()
        for report, reply, before in zip(reports, replies, times, strict=True):
            # One that waits may live on in the worker; every other end takes the run away.
            ended = report.outcome is not None and not isinstance(report.outcome, Waiting)
            if ended and reply.error is None:
                self._given.taken(report.run_id, before)
        return replies

    async def renew(self) -> Welcome:
        return await self._session.renew()

    async def journal(self, run_id: RunId, epoch: int) -> Assignment | None:
        return await self._session.journal(run_id, epoch) if run_id in self._given.runs else None

    async def members(self, batch_id: str) -> Sequence[Run]:
        found = await self._session.members(batch_id)
        if any(not self._gateway.is_here(run) for run in found):
            raise NotFound(f"no batch {batch_id!r}")
        return found

    async def close(self) -> None:
        await self._session.close()

    async def lost(self) -> None:
        await self._session.lost()
