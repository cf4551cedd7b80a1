"""Matches ready runs with workers that have room, inside the writer's commit.

The writer calls `follow` before each commit and `committed` after it. Between two commits the dispatcher is in one of
two modes:

    idle       the last claim left nothing claimable; a `Ready` note starts the next one, in the queues it names
    backlog    a claim used up all room, so there may be more: any new room starts the next one, in every queue

A `Freed` note starts a claim too, in a commit of its own: it must not delay the results of the one that freed the slots.
Not for queues without a bound: whatever is ready there was claimed when it became ready, or a worker had no room for it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from runcast.clock import Clock
from runcast.domain.limits import CLAIM_RUNS_MAX
from runcast.domain.run import End
from runcast.gateway import Assignment, Demand, Hello, News, Stop
from runcast.store.claim import Claimant, Claimed, claim
from runcast.store.others import look, stopped
from runcast.store.script import Changed, Due, Freed, Note, Ready, Script, ScriptFactory, Tell


class Claimer(Protocol):
    """A worker's session, as the dispatcher sees it. Called on the writer's thread."""

    hello: Hello

    def push(self, assignments: Sequence[Assignment], items: Sequence[News | Stop]) -> None: ...


class Room(NamedTuple):
    """How much more a worker takes."""

    lanes: dict[str, int]
    """Free executions, of the lanes that it has tasks for."""
    leaves: bool
    """It takes no more: it ends once its runs do."""


class _Desk:
    """One worker's demand, and what is on its way to it."""

    def __init__(self, claimer: Claimer) -> None:
        self.claimer = claimer
        tasks: dict[str, list[str]] = {}
        for task in claimer.hello.tasks:
            tasks.setdefault(task.lane, []).append(task.name)
        self.tasks = {lane: tuple(names) for lane, names in tasks.items()}
        self._wanted: dict[str, int] = {}
        self._sent: deque[str] = deque()
        self._received = 0
        self._spoke = False

    def demand(self, demand: Demand) -> None:
        self._wanted = demand.lanes
        self._spoke = True
        for _ in range(demand.received - self._received):
            self._sent.popleft()
        self._received = demand.received

    def room(self) -> dict[str, int]:
        """Free executions of the lanes that it has tasks for."""
        rooms = dict(self._wanted)
        for lane in self._sent:
            rooms[lane] = rooms.get(lane, 0) - 1
        return {lane: rooms[lane] for lane in self.tasks if rooms.get(lane, 0) > 0}

    def free(self) -> Room:
        """What it said last, less what is on its way."""
        room = self.room()
        return Room({lane: room.get(lane, 0) for lane in self.tasks}, leaves=self._spoke and not self._wanted)

    def is_crowded(self) -> bool:
        """Some lane has no room: what it could run may wait unseen."""
        return len(self.room()) < len(self.tasks)

    def sent(self, claimed: Claimed) -> None:
        for lane, count in claimed.lanes.items():
            self._sent.extend([lane] * count)


class Dispatch:
    """The writer's follower: claims for whoever has room, and passes notes on after the commit."""

    def __init__(
        self,
        clock: Clock,
        *,
        ring: Callable[[], None],
        on_due: Callable[[int], None],
        on_changed: Callable[[Sequence[str], Sequence[End]], None],
    ) -> None:
        self._clock = clock
        self._ring = ring
        self._on_due = on_due
        self._on_changed = on_changed
        self._desks: dict[str, _Desk] = {}
        self._lock = threading.Lock()
        self._backlog = True
        self._asked: dict[str, dict[str, int]] = {}
        self._freed: set[str] = set()
        self._limited: set[str] = set()
        """Queues that a claim has seen with a bound on their slots, in some environment."""
        self._unlimited: set[str] = set()
        """Queues that were only seen without one. Whoever sets a bound has every queue looked into."""
        self._crowded = False
        self._rotation = 0

    def join(self, claimer: Claimer) -> None:
        with self._lock:
            self._desks[claimer.hello.worker_id] = _Desk(claimer)
            self._backlog = True

    def leave(self, worker_id: str) -> None:
        with self._lock:
            self._desks.pop(worker_id, None)

    def demand(self, worker_id: str, demand: Demand) -> None:
        """New room; rings the writer when there may be something to claim for it."""
        with self._lock:
            desk = self._desks.get(worker_id)
            if desk is None:
                return
            desk.demand(demand)
            wanted = self._backlog
        if wanted:
            self._ring()

    def room_of(self, worker_id: str) -> Room | None:
        """How much more it takes; None: it is not connected here."""
        with self._lock:
            desk = self._desks.get(worker_id)
            return None if desk is None else desk.free()

    def look(self, since: int) -> Script[None]:
        """What other engines did, for the workers that are connected here."""
        with self._lock:
            workers = list(self._desks)
        for worker_id in (yield from stopped(workers)) if workers else ():
            self.leave(worker_id)
        yield from look(since, workers)

    def look_everywhere(self) -> None:
        """Something may be claimable in any queue: others changed what queues may do, or were not heard for a while."""
        with self._lock:
            self._backlog = True
            self._unlimited.clear()

    def follow(self, notes: Sequence[Note]) -> Sequence[ScriptFactory[Any]]:
        queues = self._where(notes)
        if queues is not None and not queues:
            return ()
        now = self._clock.now_ms()
        factories: list[ScriptFactory[Any]] = []
        with self._lock:
            self._rotation += 1
            self._asked = {}
            for worker_id, desk in self._desks.items():
                room = desk.room()
                if not room:
                    continue
                self._asked[worker_id] = room
                environment = desk.claimer.hello.environment
                labels = desk.claimer.hello.labels
                claimant = Claimant(worker_id, environment, desk.tasks, room, queues, self._rotation, labels)
                factories.append(partial(claim, claimant, now))
            self._crowded = any(desk.is_crowded() for desk in self._desks.values())
            # Until the claim is settled: if it fails, or its commit, what is ready must not be forgotten.
            self._backlog = True
        return factories

    def _where(self, notes: Sequence[Note]) -> tuple[str, ...] | None:
        """The queues to look into; None: all."""
        named, self._freed = self._freed, set()
        if self._backlog:
            return None
        for note in notes:
            if type(note) is Ready:
                if note.queues is None:
                    return None
                named.update(note.queues)
        return tuple(sorted(named))

    def committed(self, notes: Sequence[Note], results: Sequence[Claimed]) -> None:
        pushes: dict[str, list[Assignment]] = {}
        if results:
            pushes = self._settle(results)
        tells: dict[str, list[News | Stop]] = {}
        born: list[str] = []
        ended: list[End] = []
        due: list[int] = []
        freed: set[str] = set()
        changed = False
        for note in notes:
            match note:
                case Changed():
                    changed = True
                    born.extend(note.born)
                    ended.extend(note.ended)
                case Due():
                    due.append(note.at)
                case Tell():
                    tells.setdefault(note.worker_id, []).append(note.item)
                case Freed():
                    freed.update(name for name in note.queues if name not in self._unlimited)
                case Ready():
                    pass
        with self._lock:
            desks = [(self._desks[id], id) for id in {**pushes, **tells} if id in self._desks]
        for desk, id in desks:
            desk.claimer.push(pushes.get(id, ()), tells.get(id, ()))
        if freed:
            self._freed |= freed
            self._ring()
        if due:
            self._on_due(min(due))
        if changed:
            self._on_changed(born, ended)

    def _settle(self, results: Sequence[Claimed]) -> dict[str, list[Assignment]]:
        """Book what was claimed, and decide whether there may be more."""
        again = False
        pushes: dict[str, list[Assignment]] = {}
        with self._lock:
            self._backlog = self._crowded
            for claimed in results:
                self._limited |= claimed.limited
                self._unlimited = (self._unlimited | claimed.unlimited) - self._limited
                asked = self._asked.get(claimed.worker_id, {})
                if any(claimed.lanes.get(lane, 0) >= min(room, CLAIM_RUNS_MAX) for lane, room in asked.items()):
                    self._backlog = True
                desk = self._desks.get(claimed.worker_id)
                if desk is None or not claimed.assignments:
                    continue
                desk.sent(claimed)
                pushes[claimed.worker_id] = list(claimed.assignments)
                again = again or (self._backlog and len(claimed.assignments) >= CLAIM_RUNS_MAX and bool(desk.room()))
        if again:
            self._ring()
        return pushes
