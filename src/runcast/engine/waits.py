"""The engine's door to waits: made, found, completed by whoever may, answered by who has the link."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from runcast.clock import Clock
from runcast.domain.answer_address import answer_path
from runcast.domain.errors import InvalidPayload, NotFound
from runcast.domain.fits import misfit
from runcast.domain.journal import NewWait, Wait
from runcast.domain.limits import PAYLOAD_BYTES_MAX
from runcast.engine import enqueue
from runcast.engine.access_desk import AccessDesk
from runcast.store import entries, reads, resolve
from runcast.store.store import Store


class WaitDoor:
    """What of `gateway.ClientGateway` is about waits, over a store."""

    store: Store
    clock: Clock
    access: AccessDesk

    async def create_wait(self, wait: NewWait) -> Wait:
        await self.store.write(partial(entries.create_wait, wait, self.clock.now_ms()))
        key = wait.idempotency_key
        script = partial(reads.find_wait, wait.id) if key is None else partial(reads.wait_by_key, wait.environment, key)
        return _found(await self.store.read(script), wait.id)

    async def find_wait(self, wait_id: str) -> Wait | None:
        return await self.store.read(partial(reads.find_wait, wait_id))

    async def list_waits(self, *, limit: int = 100) -> Sequence[Wait]:
        return await self.store.read(partial(reads.open_waits, limit))

    async def complete_wait(self, wait_id: str, value: str, *, by: str | None = None) -> Wait:
        enqueue.check_json("value", value, PAYLOAD_BYTES_MAX)
        asked = _found(await self.find_wait(wait_id), wait_id)
        # What its run could never read is refused now, while the one who answers can still answer again.
        if asked.completed_at is None and (what := misfit(asked.schema, value)):
            raise InvalidPayload(f"value of wait {wait_id}: {what}")
        await self.store.write(partial(resolve.complete_wait, wait_id, value, self.clock.now_ms(), by=by))
        return _found(await self.find_wait(wait_id), wait_id)

    async def answer_path(self, wait_id: str) -> str:
        return answer_path(await self.access.secret(), _found(await self.find_wait(wait_id), wait_id).id)


def _found(wait: Wait | None, wait_id: str) -> Wait:
    if wait is None:
        raise NotFound(f"no wait {wait_id}")
    return wait
