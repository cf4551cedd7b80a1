"""Keeps in memory what every commit reads of queues, tasks and alerts, and writes queues' turns, the feed and tallies once a commit.

Nobody else writes between two turns of the writer, or the session says so and all is forgotten; so what it keeps is true
until it changes it. Each statement costs 10 to 70 µs when a run comes alone; without this a trigger and its claim took thirteen of them, now five.

    kept        rows of `queues`, `tasks` and `alerts` that were read, until a statement other than those below writes the table
    pending     turns that queues advanced by, facts of the feed, and what is added to tallies: written by `settle`, before
                the commit, a savepoint, or a statement that reads their tables

A rollback forgets both. Scripts know nothing of this: they yield the same calls as on a database that is shared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from runcast.domain.limits import HOT_QUEUES_MAX
from runcast.store.query import load_texts
from runcast.store.rows import AlertRow, QueueRow, TaskRow
from runcast.store.script import Call, call

_TABLES = re.compile(r"\b(?:from|join|into|update)\s+(queues|tasks|changes|alerts|tallies)\b")
_WRITES = re.compile(r"\b(?:into|update|delete\s+from)\s+(queues|tasks|alerts)\b")

Key = tuple[str, str]
"""environment, name"""


class HotRows:
    """The writer's memory. `find` answers a call from it, or says None; `settle` before, `forget` after a failure."""

    def __init__(self, execute: Callable[[Call], Any]) -> None:
        self._execute = execute
        self._queues: dict[Key, QueueRow] = {}
        self._tasks: dict[Key, TaskRow] = {}
        self._moved: set[Key] = set()
        """Queues whose turns are not written yet."""
        self._alerts: dict[tuple[str, ...], list[AlertRow]] = {}
        """By the kinds that were asked for."""
        self._facts: list[Any] = []
        self._tallies: Counter[tuple[Any, ...]] = Counter()
        """By the key of `tallies`."""
        self._answers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "queue_rows": self._queue_rows,
            "known_tasks": self._known_tasks,
            "advance_queue": self._advance_queue,
            "set_unkeyed_turn": self._set_unkeyed_turn,
            "add_changes": self._add_changes,
            "add_tallies": self._add_tallies,
            "alert_rules": self._alert_rules,
        }

    def run(self, step: Call) -> Any:
        """The answer to a call, from memory where possible."""
        answer = self._answers.get(step.name)
        if answer is not None:
            return answer(step.params)
        if step.name not in _touching():
            return self._execute(step)
        self.settle()
        found = self._execute(step)
        if step.name in _writing():
            self._queues.clear()
            self._tasks.clear()
            self._alerts.clear()
        return found

    def settle(self) -> None:
        """Write what is pending."""
        if self._moved:
            rows = [self._queues[key] for key in sorted(self._moved)]
            turns = [[row.environment, row.name, row.turn, row.unkeyed_turn, row.tat_us] for row in rows]
            self._execute(call("save_turns", rows=turns))
            self._moved.clear()
        if len(self._queues) > HOT_QUEUES_MAX:
            self._queues.clear()
        if self._facts:
            facts, self._facts = self._facts, []
            self._execute(call("add_changes", rows=facts))
        if self._tallies:
            added = sorted((*key, count) for key, count in self._tallies.items())
            self._tallies.clear()
            self._execute(call("add_tallies", rows=added))

    def forget(self) -> None:
        """What was kept may be wrong, and what was pending did not happen."""
        self._queues.clear()
        self._tasks.clear()
        self._alerts.clear()
        self._moved.clear()
        self._facts.clear()
        self._tallies.clear()

    def _queue_rows(self, params: Mapping[str, Any]) -> list[QueueRow]:
        environment = params["environment"]
        missing = [[name] for (name,) in params["names"] if (environment, name) not in self._queues]
        if missing:
            rows: list[QueueRow] = self._execute(call("queue_rows", environment=environment, names=missing))
            self._queues.update({(row.environment, row.name): row for row in rows})
        return [row for (name,) in params["names"] if (row := self._queues.get((environment, name))) is not None]

    def _known_tasks(self, params: Mapping[str, Any]) -> list[TaskRow]:
        environment = params["environment"]
        missing = [[name] for (name,) in params["names"] if (environment, name) not in self._tasks]
        if missing:
            rows: list[TaskRow] = self._execute(call("known_tasks", environment=environment, names=missing))
            self._tasks.update({(environment, row.name): row for row in rows})
        return [row for (name,) in params["names"] if (row := self._tasks.get((environment, name))) is not None]

    def _alert_rules(self, params: Mapping[str, Any]) -> list[AlertRow]:
        kinds = tuple(kind for (kind,) in params["kinds"])
        if kinds not in self._alerts:
            self._alerts[kinds] = self._execute(call("alert_rules", **params))
        return self._alerts[kinds]

    def _advance_queue(self, params: Mapping[str, Any]) -> None:
        row = self._kept("advance_queue", params)
        if row is not None:
            turn = max(row.turn, params["turn"])
            self._move(msgspec.structs.replace(row, turn=turn, tat_us=params["tat_us"]))

    def _set_unkeyed_turn(self, params: Mapping[str, Any]) -> None:
        row = self._kept("set_unkeyed_turn", params)
        if row is not None:
            self._move(msgspec.structs.replace(row, unkeyed_turn=params["turn"]))

    def _kept(self, name: str, params: Mapping[str, Any]) -> QueueRow | None:
        """The queue that is to move. One that nobody has read yet is written at once."""
        row = self._queues.get((params["environment"], params["name"]))
        if row is None:
            self._execute(Call(name, params))
        return row

    def _move(self, row: QueueRow) -> None:
        key = (row.environment, row.name)
        self._queues[key] = row
        self._moved.add(key)

    def _add_changes(self, params: Mapping[str, Any]) -> None:
        self._facts.extend(params["rows"])

    def _add_tallies(self, params: Mapping[str, Any]) -> None:
        for *key, count in params["rows"]:
            self._tallies[tuple(key)] += count


@cache
def _touching() -> frozenset[str]:
    """Queries that read or write one of the tables kept here."""
    return frozenset(name for name, text in load_texts().items() if _TABLES.search(text.body))


@cache
def _writing() -> frozenset[str]:
    """Queries that write queues, tasks or alerts."""
    return frozenset(name for name, text in load_texts().items() if _WRITES.search(text.body))
