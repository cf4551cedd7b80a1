"""A world with two engines on one database: the second has a worker of its own, and dies by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from runcast.domain.errors import Unavailable
from runcast.engine.engine import Engine, EngineSettings
from runcast.store.postgres.database import PostgresDatabase
from runcast.store.store import Store
from tests.sim.databases import Database
from tests.sim.loop import Process, VirtualLoop
from tests.sim.world import LEASE_MS, Faults, Setting, World

_LOST_S = 1.0
"""A ring that nobody heard is found out by a look, once a second."""


class Neighborhood(World):
    """Whichever engine commits when something shall go wrong, goes wrong."""

    def __init__(self, loop: VirtualLoop, setting: Setting, database: Database) -> None:
        super().__init__(loop, setting, database)
        # An engine has its own workers do what it was asked for: others get what is too much for them.
        self.capacity = self.random.choice([1, 1, 2, 50])
        self.next_door = False
        """Whether it is the second engine that commits."""
        self._second: tuple[Process, Store] | None = None
        self._bells: dict[bool, _Bell] = {}

    async def live(self) -> None:
        self.loop.call_later(self.random.random(), self._move_in)
        await super().live()

    def open(self) -> Store:
        return self._opened(next_door=False)

    def _opened(self, *, next_door: bool) -> Store:
        bell = _Bell(self.database.address, partial(self._rung, next_door))
        self._bells[next_door] = bell
        return Store(bell, self.clock, threaded=False, faults=_FaultsOf(self, next_door=next_door))

    def _rung(self, by_second: bool, queues: bool) -> None:
        lost = self.random.random() < self.setting.deafness
        pause_s = self.random.random() * (_LOST_S if lost else 0.02)
        self.loop.run_in(self._self, self.loop.call_later, pause_s, self._hear, not by_second, queues)

    def _hear(self, second: bool, queues: bool) -> None:
        engine = self._second if second else self._engine
        on_ring = self._bells[second].on_ring if second in self._bells else None
        if engine is not None and engine[0].alive and on_ring is not None:
            self.loop.run_in(engine[0], on_ring, queues)

    def _move_in(self) -> None:
        process = self._process("neighbor")
        self.loop.run_in(
            self._self, lambda: self.loop.spawn(process, self._guard(process, self._serve_next_door(process)))
        )

    async def _serve_next_door(self, process: Process) -> None:
        store = self._opened(next_door=True)
        self._second = (process, store)
        engine = Engine(store, store.clock, EngineSettings(lease_ms=LEASE_MS), id=process.name)
        while True:
            try:
                await engine.start()
                break
            except Unavailable:
                await asyncio.sleep(1)
        async with asyncio.TaskGroup() as group:
            group.create_task(engine.run())
            group.create_task(self._work(engine, embedded=True))

    def crash(self) -> None:
        """Its transaction ends with its process: the other would wait for it."""
        engine = self._second if self.next_door else self._engine
        assert engine is not None
        process, store = engine
        store.abandon()
        if not self.next_door:
            super().crash()
            return
        self.loop.kill(process)
        self.network.died(process)
        self.loop.run_in(self._self, self.loop.call_later, self.random.random() * 40, self._move_in)

    def end(self) -> None:
        super().end()
        if self._second is not None:
            self._second[1].abandon()


class _Bell(PostgresDatabase):
    """Rings through the world."""

    def __init__(self, url: str, rung: Callable[[bool], None]) -> None:
        super().__init__(url)
        self._rung_by_us = rung

    @property
    def on_ring(self) -> Callable[[bool], None] | None:
        return self._on_ring

    def _ring(self, queues: bool) -> None:
        self._rung_by_us(queues)


class _FaultsOf(Faults):
    """Knows whose commit it is."""

    def __init__(self, world: Neighborhood, *, next_door: bool) -> None:
        super().__init__(world)
        self._street = world
        self._next_door = next_door

    def before_commit(self) -> None:
        self._street.next_door = self._next_door
        super().before_commit()

    def after_commit(self) -> None:
        self._street.next_door = self._next_door
        super().after_commit()
