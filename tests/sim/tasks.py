"""Programs as Runcast tasks: `Ops` by the public API, and the tasks of the simulated workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextvars import ContextVar
from random import Random
from typing import Any, Protocol

import msgspec

import runcast
from runcast import (
    Continue,
    Inbox,
    Queue,
    Retry,
    WaitTimedOut,
    artifacts,
    current_run,
    hooks,
    logger,
    metadata,
    step,
    streams,
    tags,
    task,
    usage,
    wait,
)
from runcast.sdk.execution import current_execution
from runcast.sdk.registry import Registry
from tests.sim.interpret import Broken, Late, interpret
from tests.sim.programs import (
    ALWAYS,
    QUEUES,
    Child,
    DurableNode,
    Fire,
    Mark,
    Program,
    Receive,
    Sleep,
    Step,
    Token,
)


class Witness(Protocol):
    """What the world outside of the engine sees of bodies, and its chance."""

    random: Random

    def step_starts(self, run_id: str, epoch: int, label: str) -> int:
        """A step's body begins; how often it began before."""
        ...


WITNESS: ContextVar[Witness] = ContextVar("witness")
REGISTRY = Registry()


class RuncastOps:
    """`Ops` for the run that executes here."""

    def __init__(self) -> None:
        self.attempt = current_run().attempt

    def mark(self, mark: Mark) -> None:
        make_mark(mark)

    async def start(self, node: DurableNode) -> Awaitable[Any]:
        match node:
            case Step():
                retry = Retry(node.tries, min_s=0.1)
                return step(work, name=node.label, retry=retry)(plain(node))
            case Sleep():
                return wait.for_(node.ms / 1000)
            case Token():
                timeout: dict[str, Any] = {} if node.timeout_ms is None else {"timeout": node.timeout_ms / 1000}
                on_wait = len(node.label) % 2 == 0
                token = await wait.create_token(str, tags=[node.label], **({} if on_wait else timeout))
                return wait.for_token(token, **(timeout if on_wait else {}))
            case Child():
                return start_task(node.program).trigger_and_wait(plain(node.program))

    def read(self, node: DurableNode, result: Any) -> Any:
        if isinstance(node, Token):
            return result.unwrap()
        if isinstance(node, Child):
            return result.unwrap() if node.unwrap else _result(result)
        return result

    def echo(self, label: str, value: Any) -> Awaitable[Any]:
        return step(echo, name=label)(value)

    def noise(self, ms: int) -> Awaitable[None]:
        return asyncio.sleep(WITNESS.get().random.random() * ms / 1000)

    async def value(self, kind: str) -> Any:
        values: dict[str, Callable[[], Any]] = {"now": runcast.now, "uuid4": runcast.uuid4, "random": runcast.random}
        return values[kind]()

    async def receive(self, node: Receive) -> list[int]:
        inbox = Inbox(node.label, type=int)
        received: list[int] = []
        while len(received) < node.count:
            call = inbox.receive()
            if node.patience_ms is not None:
                index, _ = await runcast.select(call, wait.for_(node.patience_ms / 1000))
                if index == 1:
                    call.cancel()
                    continue
            received.append(await call)
        return received

    async def fire(self, node: Fire) -> str:
        key = {} if node.idempotency_key is None else {"idempotency_key": node.idempotency_key}
        handle = await start_task(node.program, **key).trigger(plain(node.program))
        return handle.id

    async def batch(self, programs: Sequence[Program]) -> list[list[Any]]:
        items = [start_task(program).item(plain(program)) for program in programs]
        return [_result(result) for result in await TASKS["free"].batch_trigger_and_wait(items)]

    async def select(self, calls: Sequence[Any]) -> tuple[int, Any]:
        return await runcast.select(*calls)

    async def as_completed(self, calls: Sequence[Any]) -> AsyncIterator[Awaitable[Any]]:
        async for call in runcast.as_completed(calls):
            yield call

    async def timeout(self, ms: int, call: Any) -> Any:
        try:
            return await runcast.timeout(call, ms / 1000)
        except WaitTimedOut:
            raise Late from None


def plain(value: msgspec.Struct) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(value)
    return built


def _result(result: Any) -> list[Any]:
    return ["ok", result.output] if result.ok else ["failed"]


async def work(step_data: dict[str, Any]) -> int:
    """The body of a step."""
    node = msgspec.convert(step_data, Step)
    execution = current_execution()
    assert execution is not None
    begun = WITNESS.get().step_starts(execution.run_id, execution.epoch, node.label)
    await asyncio.sleep(node.takes_ms / 1000)
    for mark in node.marks:
        make_mark(mark)
    if node.fails == ALWAYS or begun < node.fails or current_run().attempt <= node.broken_attempts:
        raise Broken(node.label)
    return node.value


async def echo(value: Any) -> Any:
    return value


def make_mark(mark: Mark) -> None:
    on: Any = {"self": metadata, "parent": metadata.parent, "root": metadata.root}[mark.target]
    match mark.kind:
        case "increment":
            on.increment(mark.label)
        case "append":
            on.append(mark.label, 1)
        case "part":
            streams.append(mark.label, 1, target=mark.target)  # type: ignore[arg-type]
        case "log":
            logger.info(mark.label)
        case "tag":
            tags.add(mark.label)
        case "artifact":
            artifacts.add(mark.label, mark.label)
        case "usage":
            usage.add(mark.label)
        case _:
            raise AssertionError(mark.kind)


async def run_program(program: dict[str, Any], round: int = 1) -> Any:
    """The body of every simulated run."""
    known = msgspec.convert(program, Program)
    output = await interpret(known.body, RuncastOps())
    if round < known.rounds:
        raise Continue(program, round + 1)
    return output


TASKS = {
    name: task(name=name, queue=Queue(name, **limits), retry=Retry(3, min_s=1), registry=REGISTRY)(run_program)
    for name, limits in QUEUES.items()
}

HOOKED = frozenset({"narrow", "keyed"})
"""The tasks with hooks; the others show that a run without them is executed as ever."""
SUCCESSES, WAITS = "#successes", "#waits"
"""Metadata that the hooks count in."""


async def _around(attempt: hooks.Attempt, call_next: hooks.CallNext) -> None:
    assert await step(echo, name="opened")(1) == 1
    await call_next()


async def _succeeded(success: hooks.Success[Any]) -> None:
    metadata.increment(SUCCESSES)
    await wait.for_(0.05)
    assert await step(echo, name="thanked")(2) == 2


async def _waits(_: hooks.Waiting) -> None:
    metadata.increment(WAITS)


async def _resumes(_: hooks.Attempt) -> None:
    assert current_run().attempt > 0


for _name in HOOKED:
    TASKS[_name].middleware(_around)
    TASKS[_name].on_success(_succeeded)
    TASKS[_name].on_wait(_waits)
    TASKS[_name].on_resume(_resumes)


def start_task(program: Program, **options: Any) -> Any:
    """The task of a program's queue, with the program's options."""
    if program.concurrency_key:
        options["concurrency_key"] = program.concurrency_key
    if program.delay_ms:
        options["delay"] = program.delay_ms / 1000
    if program.ttl_ms:
        options["ttl"] = program.ttl_ms / 1000
    if program.priority_s:
        options["priority"] = program.priority_s
    return TASKS[program.queue].options(max_attempts=program.max_attempts, **options)
