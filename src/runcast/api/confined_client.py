"""The client's gateway for a key: everything is in the key's environment, and what its role does not allow is refused.

What is here is all that such a caller reaches. An id of another environment is one that does not exist. What belongs to the
whole installation, such as keys, people and tables of extensions, is not here: that is for who has the local socket or the
engine's own key (`--listen`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from functools import partial
from typing import NoReturn

from msgspec.structs import replace

from runcast.api.confined_files import ConfinedFiles
from runcast.api.confined_schedules import ConfinedSchedules
from runcast.domain.access import NewToken, PublicToken, Revocation, Role
from runcast.domain.alert import AlertEvent
from runcast.domain.effect import Artifact, Log, Part
from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry, NewWait, Wait
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.message import Message, NewMessage
from runcast.domain.queue import QueueChange, QueueState
from runcast.domain.run import End, NewRun, Run, Triggered
from runcast.domain.usage import RunUsage
from runcast.gateway import Explanation, RunFilter, RunPage, TaskInfo, Update, Watch
from runcast.store import confined, overview, registered


class ConfinedClient(ConfinedSchedules, ConfinedFiles):
    """`ClientGateway` for a caller of one environment."""

    def __getattr__(self, name: str) -> NoReturn:
        """Every other operation."""
        if name.startswith("_"):
            raise AttributeError(name)
        raise self._beyond(f"{name}: keys, people and tables of extensions")

    # --- runs: reads

    async def find_run(self, run_id: RunId) -> Run | None:
        self._require(Role.VIEWER)
        run = await self._engine.find_run(run_id)
        return run if run is not None and run.environment == self._environment else None

    async def list_runs(self, filter: RunFilter, *, cursor: str | None = None, limit: int = 50) -> RunPage:
        self._require(Role.VIEWER)
        filter = replace(filter, environment=self._environment)
        return await self._engine.list_runs(filter, cursor=cursor, limit=limit)

    async def journal(self, run_id: RunId) -> Sequence[Entry]:
        await self._see(run_id)
        return await self._engine.journal(run_id)

    async def logs(self, run_id: RunId, *, after: int = 0, limit: int = 1000) -> Sequence[Log]:
        await self._see(run_id)
        return await self._engine.logs(run_id, after=after, limit=limit)

    async def parts(self, run_id: RunId, stream: str | None, *, after: int = -1, limit: int = 1000) -> Sequence[Part]:
        await self._see(run_id)
        return await self._engine.parts(run_id, stream, after=after, limit=limit)

    async def artifacts(self, run_id: RunId) -> Sequence[Artifact]:
        await self._see(run_id)
        return await self._engine.artifacts(run_id)

    async def usage(self, run_id: RunId) -> RunUsage:
        await self._see(run_id)
        return await self._engine.usage(run_id)

    async def artifact(self, artifact_id: str) -> bytes:
        self._require(Role.VIEWER)
        environment = await self._engine.store.read(partial(confined.artifact_environment, artifact_id))
        if environment != self._environment:
            raise NotFound(f"no artifact {artifact_id!r}")
        return await self._engine.artifact(artifact_id)

    async def members(self, batch_id: str) -> Sequence[Run]:
        self._require(Role.VIEWER)
        return [run for run in await self._engine.members(batch_id) if run.environment == self._environment]

    async def watch(self, watch: Watch, *, cursor: int | None = None) -> AsyncIterator[Update]:
        self._require(Role.VIEWER)
        if watch.topics:
            raise self._beyond("topics of extensions")
        await self._look([*watch.run_ids, *watch.root_ids])
        for_ever = self._engine.watch(replace(watch, environment=self._environment), cursor=cursor)
        async for update in for_ever:
            yield update

    async def result(self, run_id: RunId) -> Run:
        await self._see(run_id)
        return await self._engine.result(run_id)

    async def ends(self, run_ids: Sequence[RunId]) -> Sequence[End]:
        await self._see(*run_ids)
        return await self._engine.ends(run_ids)

    async def messages(self, run_id: RunId, *, after: int = 0, limit: int = 1000) -> Sequence[Message]:
        await self._see(run_id)
        return await self._engine.messages(run_id, after=after, limit=limit)

    async def why(self, run_id: RunId) -> Explanation:
        await self._see(run_id)
        return await self._engine.why(run_id)

    # --- runs: changes

    async def trigger(self, runs: Sequence[NewRun]) -> Sequence[Triggered]:
        self._require(Role.OPERATOR)
        await self._look(named_by(runs))
        return await self._engine.trigger([replace(run, environment=self._environment) for run in runs])

    async def cancel(self, run_ids: Sequence[RunId], *, force: bool = False) -> Sequence[RunId]:
        await self._change(*run_ids)
        return await self._engine.cancel(run_ids, force=force)

    async def reschedule(self, run_id: RunId, *, delay_ms: int = 0, start_at: int | None = None) -> Run:
        await self._change(run_id)
        return await self._engine.reschedule(run_id, delay_ms=delay_ms, start_at=start_at)

    async def replay(self, run_id: RunId, new_id: RunId, *, payload: str | None = None) -> Triggered:
        await self._change(run_id, new_id)
        return await self._engine.replay(run_id, new_id, payload=payload)

    async def resume(self, run_id: RunId, new_id: RunId) -> Triggered:
        await self._change(run_id, new_id)
        return await self._engine.resume(run_id, new_id)

    async def fork(self, run_id: RunId, new_id: RunId, *, from_key: str, payload: str | None = None) -> Triggered:
        await self._change(run_id, new_id)
        return await self._engine.fork(run_id, new_id, from_key=from_key, payload=payload)

    async def send(self, messages: Sequence[NewMessage]) -> Sequence[Message]:
        await self._change(*(message.run_id for message in messages))
        return await self._engine.send(messages)

    # --- waits

    async def create_wait(self, wait: NewWait) -> Wait:
        await self._change(wait.id, *([wait.run_id] if wait.run_id else []))
        return await self._engine.create_wait(replace(wait, environment=self._environment))

    async def find_wait(self, wait_id: str) -> Wait | None:
        self._require(Role.VIEWER)
        wait = await self._engine.find_wait(wait_id)
        return wait if wait is not None and wait.environment == self._environment else None

    async def list_waits(self, *, limit: int = 100) -> Sequence[Wait]:
        self._require(Role.VIEWER)
        script = partial(confined.open_waits, self._environment, min(limit, PAGE_ROWS_MAX))
        return await self._engine.store.read(script)

    async def complete_wait(self, wait_id: str, value: str) -> Wait:
        await self._change(wait_id)
        return await self._engine.complete_wait(wait_id, value, by=self._name or None)

    async def answer_path(self, wait_id: str) -> str:
        await self._change(wait_id)
        return await self._engine.answer_path(wait_id)

    # --- tasks, queues, alerts, tokens

    async def alerts(self, *, before: int | None = None, limit: int = 100) -> Sequence[AlertEvent]:
        self._require(Role.VIEWER)
        asked = partial(overview.alert_events, alert=None, before=before, limit=min(limit, PAGE_ROWS_MAX))
        return await self._engine.store.read(partial(asked, self._environment))

    async def tasks(self) -> Sequence[TaskInfo]:
        self._require(Role.VIEWER)
        found = await self._engine.store.read(partial(registered.tasks, self._environment))
        return [task.info for task in found]

    async def queues(self) -> Sequence[QueueState]:
        self._require(Role.VIEWER)
        return [queue for queue in await self._engine.queues() if queue.environment == self._environment]

    async def change_queue(self, name: str, change: QueueChange, *, environment: str = "dev") -> QueueState:
        self._require(Role.OPERATOR)
        return await self._engine.change_queue(name, change, environment=self._environment)

    async def create_public_token(self, new: NewToken) -> str:
        self._require(Role.OPERATOR)
        return await self._engine.create_public_token(replace(new, environment=self._environment))

    async def list_public_tokens(self, environment: str) -> Sequence[PublicToken]:
        self._require(Role.OPERATOR)
        return await self._engine.list_public_tokens(self._environment)

    async def revoke_public_tokens(self, revocation: Revocation) -> int:
        self._require(Role.OPERATOR)
        return await self._engine.revoke_public_tokens(replace(revocation, environment=self._environment))

    async def variables(self, environment: str) -> dict[str, str]:
        self._require(Role.WORKER)
        return dict(await self._engine.variables(self._environment))


def named_by(runs: Iterable[NewRun]) -> list[str]:
    """What new runs refer to, and their own ids: one may be asked for again."""
    return [
        id
        for run in runs
        for id in (run.id, run.parent_id, run.root_id, run.adopts, run.resumed_from, run.batch_id)
        if id is not None
    ]
