"""Tells alerts to channels: claims deliveries that are due, tries each, and writes down what came of it."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from runcast import __version__
from runcast.domain.alert import AlertEvent
from runcast.domain.alert_text import Told, test_event
from runcast.domain.delivery import Answer
from runcast.domain.errors import Unavailable
from runcast.domain.ids import RunId
from runcast.domain.limits import DELIVERY_LOOK_MS
from runcast.engine.channels import Courier
from runcast.store import deliveries, reads
from runcast.store.delivery_rows import DueDelivery
from runcast.store.store import Store

log = logging.getLogger("runcast.engine")


class Deliver:
    """A tick tries what is due, a bounded number at once. Any number of servers may tick.

    A delivery is claimed in one commit, tried, and settled in another. Who is killed in between leaves a claim, which
    ends after a while, or with the next start where one engine owns the database: at least once, under one id.
    """

    name = "deliver"

    def __init__(self, store: Store, courier: Courier, holder: str) -> None:
        self._store = store
        self._courier = courier
        self._holder = holder
        self._looked_back = store.database.shared
        """Others' claims are still theirs where they may be alive."""

    async def tick(self, now: int) -> int | None:
        if not self._looked_back:
            await self._store.write(partial(deliveries.release, now), lazy=True)
            self._looked_back = True
        due = await self._store.read(deliveries.next_due)
        if due is None or due > now:
            return min(now + DELIVERY_LOOK_MS, due or now + DELIVERY_LOOK_MS)
        claimed = await self._store.write(partial(deliveries.claim, self._holder, now))
        async with asyncio.TaskGroup() as group:
            for one in claimed:
                group.create_task(self._deliver(one))
        return self._store.clock.now_ms()

    async def _deliver(self, due: DueDelivery) -> None:
        try:
            answer = await self._try(due)
        except Unavailable:
            raise
        except Exception as error:
            # A defect with one must not keep the others from being told: it is in the list of its attempts.
            log.exception("delivery %s", due.id)
            answer = Answer(error=f"{type(error).__name__} in Runcast itself; its log says more")
        if answer.error is not None and answer.is_final:
            log.warning("%s to the channel %r failed and is not tried again: %s", due.id, due.name, answer.error)
        now = self._store.clock.now_ms()
        await self._store.write(partial(deliveries.settle, due.id, due.attempts, answer, now))

    async def _try(self, due: DueDelivery) -> Answer:
        if due.sealed is None:
            return Answer(error="the channel was removed", is_final=True)
        event = test_event(due.created_at)
        if due.event is not None:
            found = await self._store.read(partial(deliveries.find_event, due.event))
            if found is None:
                return Answer(error="the event was removed after its retention", is_final=True)
            event = found
        told = await self._tell(due, event)
        return await self._courier.send(due.kind, due.sealed, told)

    async def _tell(self, due: DueDelivery, event: AlertEvent) -> Told:
        run, url, source = None, "", ""
        if event.run_id is not None and due.event is not None:
            run = await self._store.read(partial(reads.find_run, RunId(event.run_id)))
            url = self._courier.run_url(event.run_id)
        if run is not None:
            source = await self._store.read(partial(deliveries.source_of, run.environment, run.task))
        return Told(due.id, due.environment, event, run, url, __version__, source)
