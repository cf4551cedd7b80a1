"""What the engine pushes may overtake the answer to the report before it: both come in one read after a pause."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from runcast import Inbox, task, wait
from runcast.domain.ids import RunId
from runcast.domain.journal import NewWait
from runcast.domain.message import NewMessage
from runcast.domain.run import RunStatus
from runcast.gateway import Assignment, Hello, News, Reply, Report, Stop
from runcast.sdk.registry import Registry
from runcast.store import doctor
from tests.worker.world import World

REGISTRY = Registry()
NUMBERS = Inbox("numbers", type=int)


class Overtaken:
    """The engine for a worker that hears that a run waits only after it heard that the run goes on."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._inbox: Any = None
        self.woken = asyncio.Event()

    async def open(self, hello: Hello, inbox: Any) -> Any:
        self._inbox = inbox
        return _Session(await self._engine.open(hello, self), self.woken)

    def assign(self, assignments: Sequence[Assignment]) -> None:
        self._inbox.assign(assignments)
        if any(assignment.resume for assignment in assignments):
            self.woken.set()

    def news(self, news: Sequence[News]) -> None:
        self._inbox.news(news)

    def stop(self, stops: Sequence[Stop]) -> None:
        self._inbox.stop(stops)


class _Session:
    """A session whose answers that a run waits are late."""

    def __init__(self, session: Any, woken: asyncio.Event) -> None:
        self._session = session
        self._woken = woken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        replies: Sequence[Reply] = await self._session.report(reports)
        if any(reply.waiting for reply in replies):
            await self._woken.wait()
        return replies


class OvertakenWorld(World):
    """A world with one such worker."""

    @property
    def gateway(self) -> Any:
        return Overtaken(self.engine)


@task(registry=REGISTRY)
async def gives_back() -> list[int]:
    lost = NUMBERS.receive()
    await wait.for_token("waitpoint_go")
    lost.cancel()
    return [await NUMBERS.receive()]


async def test_a_message_that_overtook_the_answer_to_its_receive_can_still_be_given_back() -> None:
    async with OvertakenWorld(REGISTRY) as world:
        await world.engine.create_wait(NewWait("waitpoint_go"))
        run_id = await world.trigger(gives_back)
        await world.until(run_id, RunStatus.WAITING)
        await world.engine.send([NewMessage(RunId(run_id), "numbers", "1", "key")])
        await world.engine.complete_wait("waitpoint_go", "true")
        assert (await world.result(run_id)).output == "[1]"
        assert await world.engine.store.read(doctor.examine) == []
