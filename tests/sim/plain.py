"""Programs on plain asyncio, without engine, journal or crash: what the oracle and the generator are tested with."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from random import Random
from typing import Any

from tests.sim.interpret import Broken, Late, interpret
from tests.sim.programs import ALWAYS, Child, DurableNode, Fire, Mark, Program, Receive, Sleep, Step, Token


class PlainRun:
    """One run of a program; what it leaves behind is in `marks`, `status`, `output`, and in its `children`."""

    def __init__(self, program: Program, parent: PlainRun | None, random: Random) -> None:
        self.program = program
        self.parent = parent
        self.root: PlainRun = parent.root if parent else self
        self.random = random
        self.marks: Counter[str] = Counter()
        self.done: set[str] = set()
        """Marks and steps of this round that already happened: an attempt does not repeat them."""
        self.children: list[PlainRun] = []
        self.started: dict[str, PlainRun] = {}
        """The newest run of each child program, in this round."""
        self.task: asyncio.Task[None]
        self.status = ""
        self.output: Any = None

    async def execute(self, before: PlainRun | None = None) -> None:
        status = ""
        for _ in range(self.program.rounds):
            self.done = set(before.done) if before else set()
            self.started = dict(before.started) if before else {}
            for attempt in range(1, self.program.max_attempts + 1):
                ops = PlainOps(self, attempt)
                try:
                    self.output = await interpret(self.program.body, ops)
                except Exception:  # noqa: BLE001 the run fails, whatever it was
                    status = "FAILED"
                else:
                    status = "COMPLETED"
                    break
                finally:
                    ops.over = True
        self.status = status

    def everyone(self) -> list[PlainRun]:
        return [self, *(run for child in self.children for run in child.everyone())]


class PlainOps:
    """`Ops` with no engine behind it."""

    def __init__(self, run: PlainRun, attempt: int) -> None:
        self._run = run
        self.attempt = attempt
        self.over = False
        """The body has ended: what its remaining tasks do counts for nothing."""

    def mark(self, mark: Mark) -> None:
        if self.over:
            return
        target = {"self": self._run, "parent": self._run.parent or self._run, "root": self._run.root}[mark.target]
        if mark.label not in self._run.done:
            self._run.done.add(mark.label)
            target.marks[mark.label] += 1

    async def start(self, node: DurableNode) -> Awaitable[Any]:
        work = {Step: self._step, Sleep: self._sleep, Token: self._token, Child: self._child}[type(node)]
        return asyncio.get_running_loop().create_task(work(node))  # type: ignore[operator]

    def read(self, node: DurableNode, result: Any) -> Any:
        if isinstance(node, Child) and node.unwrap:
            if result == ["failed"]:
                raise Broken(node.program.id)
            return result[1]
        return result

    async def _step(self, node: Step) -> int:
        await asyncio.sleep(node.takes_ms / 1000)
        for mark in node.marks:
            self.mark(mark)
        if node.fails == ALWAYS or self.attempt <= node.broken_attempts:
            raise Broken(node.label)
        return node.value

    async def _sleep(self, node: Sleep) -> None:
        await asyncio.sleep(node.ms / 1000)

    async def _token(self, node: Token) -> str:
        if not node.completed:
            await asyncio.sleep(node.timeout_ms / 1000 if node.timeout_ms else 10**12)
            raise Broken(node.label)
        await asyncio.sleep(self._run.random.random() * 20)
        return node.label

    async def _child(self, node: Child) -> list[Any]:
        return await self._result(node.program)

    async def _result(self, program: Program) -> list[Any]:
        child = await self._start(program)
        return ["ok", child.output] if child.status == "COMPLETED" else ["failed"]

    async def echo(self, label: str, value: Any) -> Any:
        return value

    async def noise(self, ms: int) -> None:
        await asyncio.sleep(self._run.random.random() * ms / 1000)

    async def value(self, kind: str) -> str:
        return kind

    async def receive(self, node: Receive) -> list[int]:
        await asyncio.sleep(self._run.random.random() * 20)
        return list(range(node.count))

    async def _start(self, program: Program) -> PlainRun:
        """The child of this round: one that lives or completed is kept, a failed one's successor adopts what it did."""
        before = self._run.started.get(program.id)
        if before is not None and before.status != "FAILED":
            await asyncio.shield(before.task)
            return before
        child = PlainRun(program, self._run, self._run.random)
        self._run.children.append(child)
        self._run.started[program.id] = child
        if before is not None:
            child.marks.update(before.marks)
        child.task = asyncio.get_running_loop().create_task(child.execute(before))
        await asyncio.shield(child.task)
        return child

    async def fire(self, node: Fire) -> str:
        if node.program.id not in self._run.started:
            await self._start(node.program)
        return node.program.id

    async def batch(self, programs: Sequence[Program]) -> list[list[Any]]:
        return list(await asyncio.gather(*[self._result(program) for program in programs]))

    async def select(self, calls: Sequence[Awaitable[Any]]) -> tuple[int, Any]:
        async for call in self.as_completed(calls):
            return list(calls).index(call), await call
        raise AssertionError("select of nothing")

    async def as_completed(self, calls: Sequence[Awaitable[Any]]) -> AsyncIterator[Awaitable[Any]]:
        waiting: list[Any] = list(calls)
        while waiting:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            first = next(task for task in waiting if task.done())
            waiting.remove(first)
            yield first

    async def timeout(self, ms: int, call: Awaitable[Any]) -> Any:
        try:
            return await asyncio.wait_for(asyncio.shield(call), ms / 1000)
        except TimeoutError:
            raise Late from None
