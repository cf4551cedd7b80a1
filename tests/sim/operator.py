"""Somebody who operates a simulated world: pauses queues, changes limits, moves delayed runs, fills a bounded queue, and
triggers with debounce keys. Laws: I19, a queue is never filled past its length; I20, each debounced trigger is one run's."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

from runcast.domain.errors import Conflict, Overloaded
from runcast.domain.ids import RunId, make_id
from runcast.domain.origin import read_origin
from runcast.domain.queue import QueueChange
from runcast.domain.run import Debounce, NewRun
from runcast.gateway import RunFilter
from runcast.sdk.remote import RemoteClientGateway
from tests.sim.databases import Database
from tests.sim.programs import Program, Step

if TYPE_CHECKING:
    from tests.sim.world import World

Ask = Callable[[RemoteClientGateway], Coroutine[Any, Any, None]]

CHANGES: dict[str, tuple[QueueChange, ...]] = {
    "free": (QueueChange(concurrency=2), QueueChange(concurrency=None), QueueChange(concurrency=1, for_ms=4_000)),
    "narrow": (QueueChange(concurrency=3), QueueChange(concurrency=3, for_ms=2_000), QueueChange(concurrency=1)),
    "keyed": (QueueChange(per_key=2), QueueChange(concurrency=1), QueueChange(per_key=None, concurrency=2)),
    "rated": (QueueChange(rate=None), QueueChange(rate=(1, 500))),
}
BOUNDED = "bounded"
"""The queue of `programs.QUEUES` that has a length."""


class Pushes(msgspec.Struct, frozen=True):
    """Triggers of one debounce key, each with a program of its own, after a pause each."""

    key: str
    debounce: Debounce
    programs: tuple[Program, ...]
    pauses_s: tuple[float, ...]


class Plan(msgspec.Struct, frozen=True):
    """What shall be done in a world."""

    seed: int
    acts: int
    """Changes of queues and delayed runs."""
    pushes: tuple[Pushes, ...]
    crowd: tuple[Program, ...]
    """Programs for the bounded queue."""

    @property
    def programs(self) -> tuple[Program, ...]:
        return (*itertools.chain.from_iterable(push.programs for push in self.pushes), *self.crowd)


def make_plan(seed: int) -> Plan | None:
    """In half of the worlds."""
    random = Random(seed * 19 + 4)
    if random.random() < 0.5:
        return None
    pushes = tuple(_make_pushes(random, f"d{number}") for number in range(random.randint(0, 2)))
    crowd = tuple(
        Program(f"crowd{number}", Step(f"crowd{number} step", number, takes_ms=random.choice([0, 500, 4_000])), BOUNDED)
        for number in range(random.choice([0, 0, 4, 8]))
    )
    return Plan(seed, random.choice([0, 3, 8]), pushes, crowd)


def _make_pushes(random: Random, key: str) -> Pushes:
    count = random.randint(2, 6)
    delay_ms = random.choice([1_000, 5_000, 30_000])
    longest = random.choice([None, None, 2 * delay_ms])
    programs = tuple(
        Program(f"{key}.{number}", Step(f"{key}.{number} step", number), "narrow") for number in range(count)
    )
    pauses = tuple(random.choice([0, 0.5, 1.5]) * random.random() * delay_ms / 1000 for _ in range(count))
    return Pushes(key, Debounce(key, delay_ms, random.random() < 0.5, longest), programs, pauses)


class Operator:
    """Carries a plan out; `faults` is what it was told wrongly."""

    def __init__(
        self, world: World, plan: Plan, retrying: Callable[[], Callable[[Ask], Coroutine[Any, Any, None]]]
    ) -> None:
        self._world = world
        self._plan = plan
        self._random = Random(plan.seed * 23 + 6)
        self._retrying = retrying
        self._answers: dict[str, list[str]] = {push.key: [] for push in plan.pushes}
        self._refused: set[str] = set()
        self.faults: list[str] = []

    def lives(self) -> list[Callable[[], Awaitable[None]]]:
        """What goes on at the same time, each to its own end."""
        pushing = [partial(self._push_all, pushes) for pushes in self._plan.pushes]
        return [self._operate, *pushing, *([self._crowd] if self._plan.crowd else [])]

    async def _operate(self) -> None:
        ask = self._retrying()
        for _ in range(self._plan.acts):
            await asyncio.sleep(self._random.random() * 5)
            await ask(self._random.choice([self._pause, self._change, self._move, self._reset]))
        for name in CHANGES:
            await ask(partial(_apply, name, QueueChange(paused=False)))

    async def _pause(self, gateway: RemoteClientGateway) -> None:
        change = QueueChange(paused=self._random.random() < 0.5)
        await _apply(self._random.choice(list(CHANGES)), change, gateway)

    async def _change(self, gateway: RemoteClientGateway) -> None:
        name = self._random.choice(list(CHANGES))
        await _apply(name, self._random.choice(CHANGES[name]), gateway)

    async def _reset(self, gateway: RemoteClientGateway) -> None:
        await _apply(self._random.choice(list(CHANGES)), QueueChange(reset=True), gateway)

    async def _move(self, gateway: RemoteClientGateway) -> None:
        """Move whatever is delayed: not those between two attempts. Those of schedules start when these say."""
        page = await gateway.list_runs(RunFilter(status=("DELAYED",)))
        for run in page.runs:
            if read_origin(run.origin).schedule_id is not None:
                continue
            try:
                moved = await gateway.reschedule(run.id, delay_ms=self._random.randint(0, 5_000))
            except Conflict:
                continue
            if moved.attempt:
                self.faults.append(f"I20: {run.id} was moved between two attempts")

    # --- debounce

    async def _push_all(self, pushes: Pushes) -> None:
        ask = self._retrying()
        for number, (program, pause_s) in enumerate(zip(pushes.programs, pushes.pauses_s, strict=True)):
            await asyncio.sleep(pause_s)
            new = self._new(program, f"{pushes.key}.{number}", debounce=pushes.debounce)
            await ask(partial(self._push, pushes.key, new))

    async def _push(self, key: str, new: NewRun, gateway: RemoteClientGateway) -> None:
        (answer,) = await gateway.trigger([new])
        self._answers[key].append(answer.id)

    # --- a bounded queue

    async def _crowd(self) -> None:
        ask = self._retrying()
        for program in self._plan.crowd:
            await asyncio.sleep(self._random.random())
            await ask(partial(self._squeeze, self._new(program, program.id)))

    async def _squeeze(self, new: NewRun, gateway: RemoteClientGateway) -> None:
        try:
            await gateway.trigger([new])
        except Overloaded as full:
            if full.length < full.bound:
                self.faults.append(f"I19: {new.idempotency_key} was refused at {full.length} of {full.bound}")
            self._refused.add(str(new.idempotency_key))

    def _new(self, program: Program, key: str, *, debounce: Debounce | None = None) -> NewRun:
        from tests.sim.tasks import plain

        chance = self._random.getrandbits(55)
        payload = msgspec.json.encode({"program": plain(program)}).decode()
        id = RunId(make_id("run", at_ms=self._world.clock.now_ms(), chance=chance))
        return NewRun(id, program.queue, payload, idempotency_key=f"operator {key}", debounce=debounce, max_attempts=1)

    # --- what must be there in the end

    def verify(self, database: Database) -> list[str]:
        """What is wrong, in sentences."""
        rows = database.execute(
            "select id, payload ->> '$.program.id' from runs where idempotency_key like 'operator %'"
        )
        programs = {str(id): str(program) for id, program in rows}
        faults = list(self.faults)
        for pushes in self._plan.pushes:
            faults += _verify_pushes(pushes, self._answers[pushes.key], programs)
        there = set(programs.values())
        for program in self._plan.crowd:
            if (program.id in there) == (f"operator {program.id}" in self._refused):
                faults.append(f"I19: {program.id} was refused and stored, or neither")
        return faults


def _verify_pushes(pushes: Pushes, answers: list[str], programs: dict[str, str]) -> list[str]:
    """Triggers that follow each other and were told the same run made it: it has the data of the first, or of the last."""
    faults = []
    groups = [list(group) for _, group in itertools.groupby(enumerate(answers), key=lambda pair: pair[1])]
    if len({group[0][1] for group in groups}) != len(groups):
        faults.append(f"I20: {pushes.key} went back to a run that it had left: {answers}")
    for group in groups:
        number, run_id = group[-1] if pushes.debounce.trailing else group[0]
        wanted = pushes.programs[number].id
        if programs.get(run_id) != wanted:
            faults.append(f"I20: {run_id} of key {pushes.key} is {programs.get(run_id)}, not {wanted}")
    made = {id for id, program in programs.items() if program in {one.id for one in pushes.programs}}
    if made != set(answers):
        faults.append(f"I20: {pushes.key} made {len(made)} runs and was told of {len(set(answers))}")
    return faults


async def _apply(name: str, change: QueueChange, gateway: RemoteClientGateway) -> None:
    state = await gateway.change_queue(name, change)
    assert change.paused is msgspec.UNSET or state.paused == change.paused
