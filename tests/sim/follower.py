"""A reader of the feed: follows every tree, across crashes, from its cursor, and checks that nothing is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

from runcast.domain.errors import Unavailable
from runcast.domain.ids import RunId
from runcast.domain.run import FINAL, Run
from runcast.gateway import RunFilter, Update, Watch
from runcast.sdk.remote import RemoteClientGateway
from tests.sim.databases import Database
from tests.sim.network import SOCKET


class Follower:
    """Follows the roots that exist; `faults` says what was out of order."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._seen: dict[RunId, Run] = {}
        self._cursor: int | None = None
        self._roots: tuple[RunId, ...] = ()
        self._stopped = False

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            try:
                await self._follow()
            except Unavailable:
                await asyncio.sleep(1)

    async def _follow(self) -> None:
        gateway = await RemoteClientGateway.connect(Path(SOCKET))
        while True:
            page = await gateway.list_runs(RunFilter(roots_only=True), limit=500)
            roots = tuple(run.id for run in page.runs)
            if roots != self._roots:
                self._roots, self._cursor = roots, None
            if not roots:
                await asyncio.sleep(1)
                continue
            updates = gateway.watch(Watch(root_ids=roots), cursor=self._cursor)
            try:
                # Now and then it looks for new roots, and begins again from its cursor.
                async with asyncio.timeout(20):
                    async for update in updates:
                        self._take(update)
            except TimeoutError:
                await updates.aclose()  # type: ignore[attr-defined]

    def stop(self) -> None:
        """What comes now is against all rules, on purpose."""
        self._stopped = True

    def _take(self, update: Update) -> None:
        if self._stopped:
            return
        if self._cursor is not None and update.cursor < self._cursor:
            self.faults.append(f"I16: the cursor went back from {self._cursor} to {update.cursor}")
        self._cursor = update.cursor
        seqs = [change.seq for change in update.changes]
        if seqs != sorted(set(seqs)):
            self.faults.append(f"I16: changes out of order: {seqs}")
        for run in update.runs:
            before = self._seen.get(run.id)
            if before is not None and run.version < before.version:
                self.faults.append(f"I16: {run.id} went back from version {before.version} to {run.version}")
            if before is not None and before.status in FINAL and run.status != before.status:
                self.faults.append(f"I16: {run.id} was {before.status} and became {run.status}")
            self._seen[run.id] = run

    def has_seen(self, database: Database) -> bool:
        """Whether every run of the database was seen in its last state."""
        rows = database.execute("select id, status, version from runs")
        for id, status, version in rows:
            run = self._seen.get(RunId(str(id)))
            if run is None or (run.status, run.version) != (status, version):
                return False
        return True
