"""What a program must come to, computed from its description alone: the engine has no part in it.

Failures are certain, so an output is known but for what may come first (`select`, `timeout`) or be canceled. A mark's
count is known but for what may be cut off before it happens: then it is a range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, assert_never

import msgspec

from tests.sim.programs import (
    ALWAYS,
    NEVER_MS,
    AnyNode,
    AsCompleted,
    Batch,
    Catch,
    Child,
    Crumble,
    Fire,
    Gather,
    Group,
    Mark,
    Noise,
    Program,
    Receive,
    Select,
    Seq,
    Sleep,
    Step,
    Timeout,
    Token,
    Value,
)

Accepts = Callable[[Any], bool]


class Fate(StrEnum):
    OK = "ok"
    FAILS = "fails"
    MAYBE = "maybe"


class Count(msgspec.Struct, frozen=True):
    """How often a mark is there in the end."""

    kind: str
    low: int
    high: int

    def allows(self, count: int) -> bool:
        if self.kind == "tag":
            return min(self.low, 1) <= count <= self.high
        return self.low <= count <= self.high


Marks = dict[tuple[str, str], Count]
"""(target, label) to count."""


class Expected(msgspec.Struct, frozen=True):
    """What a node comes to."""

    fate: Fate
    accepts: Accepts
    marks: Marks


class ExpectedRun(msgspec.Struct, frozen=True):
    """What every run of a program comes to."""

    program: Program
    statuses: frozenset[str]
    accepts: Accepts
    """Of the output, where it completed."""
    own: dict[str, Count]
    """What is on the run itself in the end, put there by itself or by its children."""
    up: Marks
    """What it puts on its parent and root, with all below it."""


def expect_roots(programs: Iterable[Program]) -> dict[str, ExpectedRun]:
    """The expectation of every program of the trees, by id."""
    found: dict[str, ExpectedRun] = {}
    for program in programs:
        _Oracle(found).root(program)
    return found


class _Oracle:
    def __init__(self, found: dict[str, ExpectedRun]) -> None:
        self._found = found
        self._doomed = 0
        """How many programs around this one may be canceled, which cancels what they started."""
        self._generations = self._above = 1
        """How often a child, and the run itself, may be made anew because those above are tried again."""

    def root(self, program: Program) -> None:
        run = self.run(program)
        own = dict(run.own)
        for (_, label), count in run.up.items():
            own[label] = _plus(own[label], count) if label in own else count
        self._found[program.id] = msgspec.structs.replace(run, own=own, up={})

    def run(self, program: Program) -> ExpectedRun:
        marks: Marks = {}
        outcome = None
        self._doomed += program.canceled
        before = (self._above, self._generations)
        self._above, self._generations = self._generations, self._generations * program.max_attempts
        for attempt in range(1, program.max_attempts + 1):
            outcome = self.node(program.body, attempt)
            _merge_attempt(marks, outcome.marks)
            if outcome.fate == Fate.OK:
                break
        assert outcome is not None
        assert outcome.fate != Fate.MAYBE, f"{program.id}: the generator must be certain"
        statuses = {"COMPLETED" if outcome.fate == Fate.OK else "FAILED"}
        marks = {key: _times(count, program.rounds) for key, count in marks.items()}
        if self._doomed:
            statuses.add("CANCELED")
            marks = _perhaps(marks)
        self._doomed -= program.canceled
        self._above, self._generations = before
        if program.ttl_ms is not None:
            statuses.add("EXPIRED")
            marks = _perhaps(marks)
        run = ExpectedRun(
            program=program,
            statuses=frozenset(statuses),
            accepts=outcome.accepts,
            own={label: count for (target, label), count in marks.items() if target == "self"},
            up={key: count for key, count in marks.items() if key[0] != "self"},
        )
        self._found[program.id] = run
        return run

    def node(self, node: AnyNode, attempt: int) -> Expected:  # noqa: C901, PLR0911, PLR0912 a table of cases
        match node:
            case Mark():
                return _certain(None, {(node.target, node.label): Count(node.kind, 1, 1)})
            case Step():
                return self._step(node, attempt)
            case Sleep() | Noise() | Value():
                return _certain(None)
            case Receive():
                return _certain(list(range(node.count)))
            case Token(completed=True, timeout_ms=None):
                return _certain(node.label)
            case Token():
                return _failure()
            case Child():
                return self._child(node)
            case Fire():
                run = self.run(node.program)
                return _certain(1, _perhaps(_raised(run)))
            case Batch():
                parts = [self._child(Child(program)) for program in node.programs]
                return _all(parts)
            case Seq():
                return self._seq(node, attempt)
            case Gather() | Group():
                return self._together([self.node(item, attempt) for item in node.items])
            case Select():
                return self._select(node, attempt)
            case AsCompleted():
                return self._as_completed(node, attempt)
            case Timeout():
                return self._timeout(node, attempt)
            case Catch():
                return self._catch(node, attempt)
            case Crumble():
                return _failure() if attempt <= node.attempts else _certain(None)
        assert_never(node)

    def _step(self, node: Step, attempt: int) -> Expected:
        broken = node.fails == ALWAYS or node.fails >= node.tries or attempt <= node.broken_attempts
        # The parts of a step that fails are superseded by its next try, but not by its run's successor.
        times = {"part": self._above} if broken else {}
        marks = {(mark.target, mark.label): Count(mark.kind, 1, times.get(mark.kind, 1)) for mark in node.marks}
        return _failure(marks) if broken else _certain(node.value, marks)

    def _child(self, node: Child) -> Expected:
        run = self.run(node.program)
        completes, fails = "COMPLETED" in run.statuses, bool(run.statuses - {"COMPLETED"})
        marks = _raised(run)
        if node.unwrap:
            fate = Fate.OK if not fails else Fate.MAYBE if completes else Fate.FAILS
            return Expected(fate, run.accepts, marks)

        def accepts(value: Any) -> bool:
            return (fails and value == ["failed"]) or (completes and _pair(value, "ok") and run.accepts(value[1]))

        return Expected(Fate.OK, accepts, marks)

    def _seq(self, node: Seq, attempt: int) -> Expected:
        parts: list[Expected] = []
        for item in node.items:
            part = self.node(item, attempt)
            assert part.fate != Fate.MAYBE, "the generator catches what may fail"
            parts.append(part)
            if part.fate == Fate.FAILS:
                return Expected(Fate.FAILS, _never, _join(parts))
        return _all(parts)

    def _together(self, parts: list[Expected]) -> Expected:
        if any(part.fate == Fate.FAILS for part in parts):
            return Expected(Fate.FAILS, _never, _perhaps(_join(parts)))
        return _all(parts)

    def _select(self, node: Select, attempt: int) -> Expected:
        parts = [self.node(item, attempt) for item in node.items]

        def accepts(value: Any) -> bool:
            return isinstance(value, list) and len(value) == 2 and parts[value[0]].accepts(value[1])

        return Expected(Fate.OK, accepts, _perhaps(_join(parts)))

    def _as_completed(self, node: AsCompleted, attempt: int) -> Expected:
        parts = [self.node(item, attempt) for item in node.items]

        def accepts(value: Any) -> bool:
            indexes = sorted(index for index, _ in value)
            return indexes == list(range(len(parts))) and all(parts[index].accepts(found) for index, found in value)

        return Expected(Fate.OK, accepts, _join(parts))

    def _timeout(self, node: Timeout, attempt: int) -> Expected:
        part = self.node(node.item, attempt)
        endless = isinstance(node.item, Token) and not node.item.completed
        late = node.ms < NEVER_MS

        def accepts(value: Any) -> bool:
            return (late and value == ["late"]) or (not endless and _pair(value, "in time") and part.accepts(value[1]))

        return Expected(Fate.OK, accepts, _perhaps(part.marks) if late else part.marks)

    def _catch(self, node: Catch, attempt: int) -> Expected:
        part = self.node(node.item, attempt)

        def accepts(value: Any) -> bool:
            failed = part.fate != Fate.OK and value == ["error"]
            return failed or (part.fate != Fate.FAILS and _pair(value, "ok") and part.accepts(value[1]))

        return Expected(Fate.OK, accepts, part.marks)


def _certain(value: Any, marks: Marks | None = None) -> Expected:
    return Expected(Fate.OK, lambda found: bool(found == value), marks or {})


def _failure(marks: Marks | None = None) -> Expected:
    return Expected(Fate.FAILS, _never, marks or {})


def _never(value: Any) -> bool:
    return False


def _pair(value: Any, word: str) -> bool:
    return isinstance(value, list) and len(value) == 2 and value[0] == word


def _all(parts: list[Expected]) -> Expected:
    def accepts(value: Any) -> bool:
        return (
            isinstance(value, list)
            and len(value) == len(parts)
            and all(part.accepts(found) for part, found in zip(parts, value, strict=True))
        )

    return Expected(Fate.OK, accepts, _join(parts))


def _raised(run: ExpectedRun) -> Marks:
    """The marks of a child as its parent sees them: what it put on its parent is the parent's own."""
    raised: Marks = {}
    for (target, label), count in run.up.items():
        raised[("self" if target == "parent" else target, label)] = count
    return raised


def _join(parts: Iterable[Expected]) -> Marks:
    joined: Marks = {}
    for part in parts:
        for key, count in part.marks.items():
            joined[key] = _plus(joined[key], count) if key in joined else count
    return joined


def _merge_attempt(marks: Marks, more: Marks) -> None:
    """The marks of one more attempt: an effect counts once, however many attempts made it."""
    for key, count in more.items():
        old = marks.get(key, Count(count.kind, 0, 0))
        marks[key] = Count(count.kind, max(old.low, count.low), max(old.high, count.high))


def _plus(one: Count, other: Count) -> Count:
    return Count(one.kind, one.low + other.low, one.high + other.high)


def _times(count: Count, rounds: int) -> Count:
    return Count(count.kind, count.low * rounds, count.high * rounds)


def _perhaps(marks: Marks) -> Marks:
    return {key: Count(count.kind, 0, count.high) for key, count in marks.items()}
