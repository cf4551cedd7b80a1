"""Executes a program's body. What it asks of the world is `Ops`: plain asyncio, or Runcast."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any, Protocol, assert_never

from tests.sim.programs import (
    AnyNode,
    AsCompleted,
    Batch,
    Catch,
    Child,
    Crumble,
    DurableNode,
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


class Broken(Exception):
    """What programs raise on purpose."""


class Late(Exception):
    """A timeout of the program's own passed."""


class Ops(Protocol):
    """What a body may do, for one execution of one run."""

    attempt: int

    def mark(self, mark: Mark) -> None: ...
    async def start(self, node: DurableNode) -> Awaitable[Any]:
        """Make the durable call of `node`, and return it."""
        ...

    def read(self, node: DurableNode, result: Any) -> Any:
        """The value of `node`, given what its call came to."""
        ...

    def echo(self, label: str, value: Any) -> Awaitable[Any]:
        """A step that returns its argument: another argument in a replay would be noticed."""
        ...

    def noise(self, ms: int) -> Awaitable[None]: ...
    def value(self, kind: str) -> Awaitable[Any]: ...
    def receive(self, node: Receive) -> Awaitable[list[int]]: ...
    def fire(self, node: Fire) -> Awaitable[str]:
        """The run's id."""
        ...

    def batch(self, programs: Sequence[Program]) -> Awaitable[list[list[Any]]]: ...
    def select(self, calls: Sequence[Awaitable[Any]]) -> Awaitable[tuple[int, Any]]: ...
    def as_completed(self, calls: Sequence[Awaitable[Any]]) -> AsyncIterator[Awaitable[Any]]: ...
    def timeout(self, ms: int, call: Awaitable[Any]) -> Awaitable[Any]:
        """What the call comes to, or `Late`."""
        ...


async def interpret(node: AnyNode, ops: Ops) -> Any:  # noqa: C901, PLR0911, PLR0912 a table of cases
    """The node's value, as JSON."""
    match node:
        case Mark():
            return ops.mark(node)
        case Step() | Sleep() | Token() | Child():
            return ops.read(node, await (await ops.start(node)))
        case Noise():
            return await ops.noise(node.ms)
        case Value():
            await ops.echo(node.label, str(await ops.value(node.kind)))
            return None
        case Receive():
            return await ops.receive(node)
        case Fire():
            return len({await ops.fire(node) for _ in range(node.times)})
        case Batch():
            return await ops.batch(node.programs)
        case Seq():
            return [await interpret(item, ops) for item in node.items]
        case Gather():
            return list(await asyncio.gather(*[interpret(item, ops) for item in node.items]))
        case Group():
            return await _group(node, ops)
        case Select():
            return await _select(node, ops)
        case AsCompleted():
            return await _as_completed(node, ops)
        case Timeout():
            return await _timeout(node, ops)
        case Catch():
            return await _catch(node, ops)
        case Crumble():
            return _crumble(node, ops)
    assert_never(node)


async def _group(node: Group, ops: Ops) -> list[Any]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(interpret(item, ops)) for item in node.items]
    return [task.result() for task in tasks]


async def _select(node: Select, ops: Ops) -> list[Any]:
    index, result = await ops.select([await ops.start(item) for item in node.items])
    await ops.echo(node.label, index)
    return [index, ops.read(node.items[index], result)]


async def _as_completed(node: AsCompleted, ops: Ops) -> list[list[Any]]:
    calls = [await ops.start(item) for item in node.items]
    found = []
    async for call in ops.as_completed(calls):
        index = next(index for index, other in enumerate(calls) if other is call)
        found.append([index, ops.read(node.items[index], await call)])
    await ops.echo(node.label, [index for index, _ in found])
    return found


async def _timeout(node: Timeout, ops: Ops) -> list[Any]:
    try:
        result = await ops.timeout(node.ms, await ops.start(node.item))
    except Late:
        return ["late"]
    return ["in time", ops.read(node.item, result)]


async def _catch(node: Catch, ops: Ops) -> list[Any]:
    try:
        return ["ok", await interpret(node.item, ops)]
    except Exception:  # noqa: BLE001 the node catches everything
        return ["error"]


def _crumble(node: Crumble, ops: Ops) -> None:
    if ops.attempt <= node.attempts:
        raise Broken(f"attempt {ops.attempt} of {node.attempts} crumbles")
