"""Random programs as data: what a task's body shall do, and a generator of such bodies from a seed."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

ALWAYS = -1
"""`fails` of a step that never succeeds."""


class Node(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="op"):
    """A piece of a body; its value is JSON."""


class Mark(Node, tag="mark", frozen=True, omit_defaults=True):
    """An effect that can be counted afterwards."""

    label: str
    kind: str
    """`increment`, `append`, `part`, `log`, `tag`, `artifact` or `usage`."""
    target: str = "self"


class Step(Node, tag="step", frozen=True, omit_defaults=True):
    """A journaled step. Its value is `value`."""

    label: str
    value: int
    fails: int = 0
    """The first so many tries fail (`ALWAYS`: each). Less than `tries`, or the step fails for good."""
    tries: int = 1
    broken_attempts: int = 0
    """Every try fails in the run's first so many attempts."""
    takes_ms: int = 0
    marks: tuple[Mark, ...] = ()


class Sleep(Node, tag="sleep", frozen=True):
    ms: int


class Noise(Node, tag="noise", frozen=True):
    """An un-journaled await of another length at each execution, up to `ms`."""

    ms: int


class Value(Node, tag="value", frozen=True):
    """A journaled `now`, `uuid4` or `random`, handed to a step, so that another value would be noticed."""

    kind: str
    label: str


class Token(Node, tag="token", frozen=True, omit_defaults=True):
    """A wait that somebody outside completes with its label, unless `completed` is false: then it times out."""

    label: str
    completed: bool = True
    timeout_ms: int | None = None


class Receive(Node, tag="receive", frozen=True, omit_defaults=True):
    """The messages 0, 1, … that somebody outside sends to the inbox `label`, received one by one. With `patience_ms` each
    wait is given up after that, again and again; the value is the list of them all the same."""

    label: str
    count: int
    patience_ms: int | None = None


class Child(Node, tag="child", frozen=True, omit_defaults=True):
    """Trigger-and-wait. `unwrap`: a child that failed raises; else the value is `["ok", …]` or `["failed"]`."""

    program: Program
    unwrap: bool = False


class Fire(Node, tag="fire", frozen=True, omit_defaults=True):
    """Trigger without waiting, `times` times under one idempotency key if there is one. The value is the number of runs."""

    program: Program
    idempotency_key: str | None = None
    times: int = 1


class Batch(Node, tag="batch", frozen=True):
    """Batch-trigger-and-wait: a list of `["ok", …]` and `["failed"]`."""

    programs: tuple[Program, ...]


class Seq(Node, tag="seq", frozen=True):
    items: tuple[AnyNode, ...]


class Gather(Node, tag="gather", frozen=True):
    items: tuple[AnyNode, ...]


class Group(Node, tag="group", frozen=True):
    """A TaskGroup."""

    items: tuple[AnyNode, ...]


class Select(Node, tag="select", frozen=True):
    """`[index, value]` of whichever comes first; then a step under the winner's name, so that a change would be noticed."""

    items: tuple[DurableNode, ...]
    label: str


class AsCompleted(Node, tag="as_completed", frozen=True):
    """`[[index, value], …]` in the order of completion."""

    items: tuple[DurableNode, ...]
    label: str


class Timeout(Node, tag="timeout", frozen=True):
    """`["in time", value]` or `["late"]`."""

    ms: int
    item: DurableNode


class Catch(Node, tag="catch", frozen=True):
    """`["ok", value]` or `["error"]`."""

    item: AnyNode


class Crumble(Node, tag="crumble", frozen=True):
    """The body raises here in the run's first `attempts` attempts."""

    attempts: int


class Program(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run: its body and its options."""

    id: str
    body: AnyNode
    queue: str = "free"
    """A key of `QUEUES`."""
    concurrency_key: str = ""
    max_attempts: int = 1
    rounds: int = 1
    """More than one: `Continue` until then."""
    delay_ms: int = 0
    ttl_ms: int | None = None
    """It expires if it does not start in time."""
    priority_s: int = 0
    canceled: bool = False
    """Somebody outside cancels it at some time, perhaps too late."""


DurableNode = Step | Sleep | Token | Child
"""What is one durable call."""
AnyNode = (
    Mark | Step | Sleep | Noise | Value | Token | Receive | Child | Fire | Batch | Seq | Gather | Group | Select | AsCompleted
    | Timeout | Catch | Crumble
)  # fmt: skip

QUEUES: dict[str, dict[str, Any]] = {
    "free": {},
    "narrow": {"concurrency": 1},
    "keyed": {"concurrency": 3, "per_key": 1},
    "rated": {"concurrency": 4, "rate": "3/1s"},
    "bounded": {"concurrency": 1, "max_length": 2},
}
"""Queue name to its limits."""

NEVER_MS = 10**10
"""Longer than any program."""
DEPTH_MAX = 3


class Generator:
    """Draws programs. Every failure it writes is certain or impossible, so that the oracle can be exact."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._labels = 0
        self._tags = 0

    def roots(self) -> tuple[Program, ...]:
        return tuple(self.program(depth=0) for _ in range(self._random.choice([1, 1, 2, 3])))

    def program(self, depth: int, *, may_fail: bool = True) -> Program:
        random = self._random
        attempts = random.choice([1, 1, 2, 3])
        rounds = 1 if random.random() < 0.9 else random.randint(2, 3)
        body = self._body(depth, attempts if may_fail and rounds == 1 else 1, may_fail=may_fail and rounds == 1)
        queue = random.choice(["free", "free", "free", "narrow", "keyed", "rated"])
        return Program(
            id=self._label("run"),
            body=body,
            queue=queue,
            concurrency_key=random.choice(["", "a", "b"]) if queue == "keyed" else "",
            max_attempts=attempts,
            rounds=rounds,
            delay_ms=0 if random.random() < 0.9 else random.randint(1, 5_000),
            ttl_ms=None if random.random() < 0.95 else random.randint(1, 20_000),
            priority_s=0 if random.random() < 0.9 else random.randint(1, 100),
            canceled=random.random() < 0.06,
        )

    def _label(self, prefix: str) -> str:
        self._labels += 1
        return f"{prefix}{self._labels}"

    def _body(self, depth: int, attempts: int, *, may_fail: bool) -> AnyNode:
        items = [self.node(depth, 0) for _ in range(self._random.randint(1, 3))]
        if may_fail:
            failures = self._failure(attempts)
            if failures is not None:
                items.insert(self._random.randint(0, len(items)), failures)
        return Seq(tuple(items))

    def _failure(self, attempts: int) -> AnyNode | None:
        """Sometimes: something that fails the first attempts, or all."""
        roll = self._random.random()
        count = self._random.randint(1, attempts)
        if roll < 0.15:
            return Crumble(count)
        if roll < 0.30:
            return Step(self._label("step"), 7, broken_attempts=count, marks=self._marks(step=True))
        if roll < 0.36:
            inner: list[AnyNode] = [Crumble(count), self.node(DEPTH_MAX, 1)]
            self._random.shuffle(inner)
            return self._together(inner)
        return None

    def node(self, depth: int, nesting: int) -> AnyNode:
        """Anything that does not fail."""
        leaves = ["step", "step", "step", "sleep", "noise", "mark", "mark", "token", "value", "receive"]
        branches = ["seq", "gather", "group", "select", "as_completed", "timeout", "catch"] if nesting < 2 else []
        children = ["child", "child", "unwrap", "fire", "batch"] if depth < DEPTH_MAX - 1 else []
        kind = self._random.choice(leaves + branches + children)
        made: AnyNode = getattr(self, f"_{kind}")(depth, nesting)
        return made

    def _items(self, depth: int, nesting: int) -> tuple[AnyNode, ...]:
        return tuple(self.node(depth, nesting + 1) for _ in range(self._random.randint(2, 3)))

    def _step(self, depth: int, nesting: int) -> Step:
        tries = self._random.randint(1, 3)
        fails = self._random.randint(0, tries - 1) if self._random.random() < 0.4 else 0
        takes = self._random.choice([0, 0, 5, 300, 4_000])
        return Step(
            self._label("step"), self._random.randint(0, 99), fails, tries, takes_ms=takes, marks=self._marks(step=True)
        )

    def _sleep(self, depth: int, nesting: int) -> Sleep:
        return Sleep(self._random.choice([0, 1, 50, 50, 2_000, 2_000, 60_000, 600_000]))

    def _noise(self, depth: int, nesting: int) -> Noise:
        return Noise(self._random.choice([0, 1, 20, 500]))

    def _mark(self, depth: int, nesting: int) -> Mark:
        kinds = ["increment", "increment", "append", "part", "log", "tag", "artifact", "usage"]
        kind = self._random.choice(kinds)
        if kind == "tag":
            self._tags += 1
            if self._tags > 4:
                kind = "increment"
        target = self._random.choice(["self", "parent", "root"]) if kind in ("increment", "append", "part") else "self"
        return Mark(self._label("mark"), kind, target)

    def _marks(self, *, step: bool) -> tuple[Mark, ...]:
        if self._random.random() < 0.6:
            return ()
        marks = [self._mark(0, 0) for _ in range(self._random.randint(1, 2))]
        return tuple(mark for mark in marks if not (step and mark.kind in ("log", "usage")))

    def _token(self, depth: int, nesting: int) -> AnyNode:
        if self._random.random() < 0.2:
            return Catch(Token(self._label("token"), completed=False, timeout_ms=self._random.randint(1, 90_000)))
        return Token(self._label("token"))

    def _receive(self, depth: int, nesting: int) -> Receive:
        patience = self._random.choice([None, None, 3_000, 30_000])
        return Receive(self._label("inbox"), self._random.randint(1, 3), patience)

    def _value(self, depth: int, nesting: int) -> Value:
        return Value(self._random.choice(["now", "uuid4", "random"]), self._label("value"))

    def _seq(self, depth: int, nesting: int) -> Seq:
        return Seq(self._items(depth, nesting))

    def _gather(self, depth: int, nesting: int) -> Gather:
        return Gather(self._items(depth, nesting))

    def _group(self, depth: int, nesting: int) -> Group:
        return Group(self._items(depth, nesting))

    def _calls(self, depth: int) -> tuple[DurableNode, ...]:
        return tuple(self._call(depth) for _ in range(self._random.randint(2, 3)))

    def _call(self, depth: int) -> DurableNode:
        kind = self._random.choice(["step", "step", "sleep", "token", "child"])
        if kind == "token":
            return Token(self._label("token"))
        if kind == "child" and depth < DEPTH_MAX - 1:
            return self._child(depth, 0)
        return self._sleep(depth, 0) if kind == "sleep" else self._step(depth, 0)

    def _select(self, depth: int, nesting: int) -> Select:
        return Select(self._calls(depth), self._label("won"))

    def _as_completed(self, depth: int, nesting: int) -> AsCompleted:
        return AsCompleted(self._calls(depth), self._label("done"))

    def _timeout(self, depth: int, nesting: int) -> Timeout:
        if self._random.random() < 0.3:
            return Timeout(self._random.randint(1, 50_000), Token(self._label("token"), completed=False))
        return Timeout(self._random.choice([1, 1_000, 10_000, NEVER_MS]), self._call(depth))

    def _catch(self, depth: int, nesting: int) -> Catch:
        """Something that fails for good and is caught."""
        broken = Step(self._label("step"), 0, ALWAYS, self._random.randint(1, 2), marks=self._marks(step=True))
        item: AnyNode = broken
        if self._random.random() < 0.5:
            parts = [broken, self.node(DEPTH_MAX, nesting + 1)]
            self._random.shuffle(parts)
            item = Seq(tuple(parts)) if self._random.random() < 0.3 else self._together(parts)
        return Catch(item)

    def _together(self, items: list[AnyNode]) -> AnyNode:
        return Gather(tuple(items)) if self._random.random() < 0.5 else Group(tuple(items))

    def _child(self, depth: int, nesting: int) -> Child:
        return Child(self.program(depth + 1))

    def _unwrap(self, depth: int, nesting: int) -> AnyNode:
        """A child whose failure, if it may fail, is caught by the parent."""
        program = self.program(depth + 1)
        return Catch(Child(program, unwrap=True))

    def _fire(self, depth: int, nesting: int) -> Fire:
        program = self.program(depth + 1)
        if self._random.random() < 0.4:
            return Fire(program, self._label("idem"), times=2)
        return Fire(program)

    def _batch(self, depth: int, nesting: int) -> Batch:
        return Batch(tuple(self.program(depth + 1) for _ in range(self._random.randint(1, 3))))
