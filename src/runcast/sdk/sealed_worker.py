"""A worker's gateway behind a codec: bodies and journals are plain on this side, sealed on the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from runcast.domain.journal import Entry, NewEntry
from runcast.domain.outcome import Continued, Outcome, Succeeded
from runcast.domain.run import NewRun, Run
from runcast.gateway import Assignment, Demand, Hello, Inbox, News, Reply, Report, Stop, Welcome, WorkerSession
from runcast.sdk.sealing import Codec, open_if_possible, seal

if TYPE_CHECKING:
    from runcast.domain.ids import RunId
    from runcast.gateway import WorkerGateway


def opened_entry(codec: Codec, entry: Entry) -> Entry:
    """An entry as bodies see it."""
    return entry if entry.value is None else structs.replace(entry, value=_open_value(codec, entry.value))


def _open_value(codec: Codec, text: str) -> str:
    # What was looked at in an inbox is a list that the engine made around a sealed message.
    if text.startswith("[{") and text.endswith("}]"):
        return f"[{open_if_possible(codec, text[1:-1])}]"
    return open_if_possible(codec, text)


def opened_run(codec: Codec, run: Run) -> Run:
    """A run as its people see it."""
    output = None if run.output is None else open_if_possible(codec, run.output)
    return structs.replace(run, payload=open_if_possible(codec, run.payload), output=output)


def sealed_run(codec: Codec, run: NewRun) -> NewRun:
    """A trigger as the engine stores it."""
    return structs.replace(run, payload=seal(codec, run.payload))


class SealedWorkerGateway:
    """`WorkerGateway` whose sessions are sealed."""

    def __init__(self, gateway: WorkerGateway, codec: Codec) -> None:
        self._gateway = gateway
        self._codec = codec

    async def open(self, hello: Hello, inbox: Inbox) -> SealedSession:
        return SealedSession(await self._gateway.open(hello, _OpeningInbox(inbox, self._codec)), self._codec)


class SealedSession:
    """`WorkerSession` behind a codec."""

    def __init__(self, session: WorkerSession, codec: Codec) -> None:
        self.bare = session
        self._codec = codec
        self.welcome: Welcome = session.welcome

    def demand(self, demand: Demand) -> None:
        self.bare.demand(demand)

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        replies = await self.bare.report([self._sealed_report(report) for report in reports])
        return [self._opened_reply(reply) for reply in replies]

    async def renew(self) -> Welcome:
        return await self.bare.renew()

    async def journal(self, run_id: RunId, epoch: int) -> Assignment | None:
        found = await self.bare.journal(run_id, epoch)
        return None if found is None else _opened_assignment(self._codec, found)

    async def members(self, batch_id: str) -> Sequence[Run]:
        return [opened_run(self._codec, run) for run in await self.bare.members(batch_id)]

    async def close(self) -> None:
        await self.bare.close()

    async def lost(self) -> None:
        await self.bare.lost()

    def _sealed_report(self, report: Report) -> Report:
        entries = tuple(self._sealed_entry(new) for new in report.entries)
        return structs.replace(report, entries=entries, outcome=self._sealed_outcome(report.outcome))

    def _sealed_entry(self, new: NewEntry) -> NewEntry:
        entry = new.entry
        if entry.value is not None:
            entry = structs.replace(entry, value=seal(self._codec, entry.value))
        children = tuple(sealed_run(self._codec, run) for run in new.children)
        return structs.replace(new, entry=entry, children=children)

    def _sealed_outcome(self, outcome: Outcome | None) -> Outcome | None:
        match outcome:
            case Succeeded():
                return structs.replace(outcome, output=seal(self._codec, outcome.output))
            case Continued():
                return structs.replace(outcome, payload=seal(self._codec, outcome.payload))
            case _:
                return outcome

    def _opened_reply(self, reply: Reply) -> Reply:
        if not reply.resolved:
            return reply
        return structs.replace(reply, resolved=tuple(opened_entry(self._codec, entry) for entry in reply.resolved))


def bare_session(session: WorkerSession) -> WorkerSession:
    """The session without its codec, for what keeps the lease: it knows its own sessions only."""
    return session.bare if isinstance(session, SealedSession) else session


class _OpeningInbox:
    """Opens what the engine pushes, on its way to the worker."""

    def __init__(self, inbox: Inbox, codec: Codec) -> None:
        self._inbox = inbox
        self._codec = codec

    def assign(self, assignments: Sequence[Assignment]) -> None:
        self._inbox.assign([_opened_assignment(self._codec, one) for one in assignments])

    def news(self, news: Sequence[News]) -> None:
        self._inbox.news([_opened_news(self._codec, one) for one in news])

    def stop(self, stops: Sequence[Stop]) -> None:
        self._inbox.stop(stops)


def _opened_assignment(codec: Codec, assignment: Assignment) -> Assignment:
    journal = tuple(opened_entry(codec, entry) for entry in assignment.journal)
    return structs.replace(assignment, payload=open_if_possible(codec, assignment.payload), journal=journal)


def _opened_news(codec: Codec, news: News) -> News:
    return structs.replace(news, entries=tuple(opened_entry(codec, entry) for entry in news.entries))
