"""Executes a run in a process of its own: killable, and harmless to others when it dies.

The child speaks to its parent over a socket pair, and the parent passes on only what belongs to this run and epoch.

    starting    the process is being made
    executing   frames go both ways
    waiting     the engine has the run as `WAITING`; the child unwinds and ends, at the latest when the run is woken
    settled     the engine has the outcome; the process ends
    stopping    canceled, past max_duration, or handed back: asked, then terminated, then killed
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

from runcast.domain.errors import InvalidInput, LostOwnership, RuncastError
from runcast.domain.outcome import Died, Evicted, Failed, HandedBack, Outcome, Released, TimedOut, Waiting
from runcast.domain.run import RunStatus
from runcast.gateway import Assignment, News, Reply, Report, Stop, WorkerSession
from runcast.sdk.failures import error_info
from runcast.sdk.stopping import Stopping
from runcast.sdk.task import TaskDefinition
from runcast.wire import Frame, FrameKind, encode_frame, operation, read_frame, wire_error
from runcast.worker.apart import Apart
from runcast.worker.child import run_child
from runcast.worker.find import find_task
from runcast.worker.memory import death

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

TERMINATE_AFTER_S = 1.0
"""From the polite request to the signal."""
START_AGAIN_S = 1.0
"""From a process that could not be made to the next try."""
LAST_WORDS_S = 0.5
"""From the end of the process to the end of its socket, which holds what was sent last."""
COLLECTED_S = (0.0, 0.001, 0.01, 0.1)
"""Pauses before the exit code is looked for again that another thread of this process has collected."""

log = logging.getLogger("runcast")


class Isolated:
    """One run in one child process. `run` it once; it returns when the process is gone."""

    lane = "process"

    def __init__(
        self,
        assignment: Assignment,
        task: TaskDefinition[..., Any],
        session: WorkerSession,
        owner: Apart,
        *,
        kill_after_s: float,
        random: Random,
    ) -> None:
        self.run_id = assignment.run_id
        self.epoch = assignment.epoch
        self.holds = False
        self.again: Assignment | None = None
        """The run was woken while the process was still there."""
        self.waiting = False
        self._assignment = assignment
        self._task = task
        self._session = session
        self._owner = owner
        self._kill_after_s = kill_after_s
        self._random = random
        self._loop = asyncio.get_running_loop()
        self._settled = False
        self._killed = False
        """By this class, not by somebody who leaves no other trace."""
        self._stopping: Stopping | None = None
        self._process: SpawnProcess | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._limit: asyncio.TimerHandle | None = None
        """Fires at `max_duration`, unless the run waits by then."""
        self._since = self._loop.time()

    async def run(self) -> None:
        """Execute to the end of the process, and report what it could not."""
        remaining_ms = self._assignment.remaining_ms
        if remaining_ms is not None:
            self._limit = self._loop.call_later(remaining_ms / 1000, self.stop, Stopping.TIME_OUT)
            self._timers.append(self._limit)
        try:
            find_task(self._task.fn.__module__, self._task.fn.__qualname__, self._task.name)
        except InvalidInput as error:
            await self._tell(Failed(error_info(error)))
        else:
            await self._execute_and_report()
        for timer in self._timers:
            timer.cancel()
        self._owner.gone(self)

    async def _execute_and_report(self) -> None:
        try:
            code = await self._execute()
        except OSError as error:
            # No process, descriptor or memory to be had: nothing that the run did. Its room stays taken meanwhile.
            log.warning("no process for run %s: %s; tried again in %g s", self.run_id, error, START_AGAIN_S)
            await asyncio.sleep(START_AGAIN_S)
            if self._stopping is None:
                self._stopping = Stopping.HAND_BACK
            code = None
        await self._report_end(code)

    # --- what the engine pushes

    def news(self, news: News) -> None:
        self._push("news", [news])

    def resume(self, assignment: Assignment) -> None:
        """It was woken: another process executes it over its journal as soon as this one is gone."""
        self.again = assignment
        self._push("evict", [])
        self._timers.append(self._loop.call_later(self._kill_after_s, self._kill))

    def stop(self, stopping: Stopping) -> None:
        """Ask, then terminate, then kill."""
        if self._stopping is not None:
            return
        self._stopping = stopping
        if stopping is Stopping.CANCEL:
            self._push("stop", [Stop(self.run_id, self.epoch, RunStatus.CANCELED)])
            self._timers.append(self._loop.call_later(TERMINATE_AFTER_S, self._terminate))
        else:
            self._terminate()
        self._timers.append(self._loop.call_later(self._kill_after_s, self._kill))

    # --- the process

    async def _execute(self) -> int | None:
        ours, theirs = socket.socketpair()
        arguments = (theirs, self._task.fn.__module__, self._task.fn.__qualname__, self._plain_assignment())
        self._process = multiprocessing.get_context("spawn").Process(target=run_child, args=arguments, daemon=True)
        try:
            await self._loop.run_in_executor(None, self._process.start)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        reader, self._writer = await asyncio.open_unix_connection(sock=ours)
        if self._stopping is not None:
            self._terminate()
        end = self._watch_end(self._process)
        try:
            await self._relay(reader)
        except* InvalidInput as nonsense:
            log.warning(
                "the process of run %s sent what is no frame, and is killed: %s", self.run_id, nonsense.exceptions[0]
            )
            self._kill()
        finally:
            self._writer.close()
        return await self._exit_code(self._process, end)

    def _plain_assignment(self) -> bytes:
        # The parent keeps the time: a child that computes without a pause could not.
        return msgspec.msgpack.encode(msgspec.structs.replace(self._assignment, alone=False, remaining_ms=None))

    def _watch_end(self, process: SpawnProcess) -> asyncio.Event:
        """Set when the process is gone. What it forked may outlive it, with copies of its socket and of the pipe that
        `multiprocessing` watches: neither says that it is gone. Linux has a handle that does."""
        end = asyncio.Event()
        pid = process.pid
        assert pid is not None
        handle = os.pidfd_open(pid) if sys.platform == "linux" else process.sentinel

        def on_end() -> None:
            self._loop.remove_reader(handle)
            if handle != process.sentinel:
                os.close(handle)
            end.set()
            if self._writer is not None:
                self._timers.append(self._loop.call_later(LAST_WORDS_S, self._writer.close))

        self._loop.add_reader(handle, on_end)
        return end

    async def _exit_code(self, process: SpawnProcess, end: asyncio.Event) -> int | None:
        try:
            # A child that closed its socket has nothing more to say.
            async with asyncio.timeout(self._kill_after_s):
                await end.wait()
        except TimeoutError:
            self._kill()
            await end.wait()
        code = await _collect(process)
        self._process = None
        return code

    def _terminate(self) -> None:
        if self._process is not None and self._process.pid is not None:
            self._process.terminate()

    def _kill(self) -> None:
        if self._process is not None and self._process.pid is not None:
            self._killed = True
            self._process.kill()

    # --- frames

    async def _relay(self, reader: asyncio.StreamReader) -> None:
        async with asyncio.TaskGroup() as group:
            while (frame := await read_frame(reader)) is not None:
                if frame.kind is FrameKind.REQUEST and frame.id:
                    group.create_task(self._answer(frame))

    async def _answer(self, frame: Frame) -> None:
        try:
            self._send(FrameKind.REPLY, frame, await self._ask(frame))
        except RuncastError as error:
            self._send(FrameKind.ERROR, frame, wire_error(error))

    async def _ask(self, frame: Frame) -> object:
        name = frame.op.removeprefix("worker.")
        if name == "open":
            return self._session.welcome
        arguments = operation(WorkerSession, name).read_arguments(frame.body)
        match name:
            case "report":
                return await self._report(*arguments)
            case "journal":
                return await self._session.journal(self.run_id, self.epoch)
            case "members":
                return await self._session.members(*arguments)
            case _:
                raise InvalidInput(f"an isolated run cannot ask for {frame.op!r}")

    async def _report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        if any(report.run_id != self.run_id or report.epoch != self._assignment.epoch for report in reports):
            raise LostOwnership("an isolated run reports only for itself")
        replies = await self._session.report(reports)
        for report, reply in zip(reports, replies, strict=True):
            self._note(report.outcome, reply)
        return replies

    def _note(self, outcome: Outcome | None, reply: Reply) -> None:
        if reply.lost:
            self.stop(Stopping.CANCEL)
        elif isinstance(outcome, Waiting):
            if reply.waiting and not self.waiting:
                self.waiting = True
                if self._limit is not None:
                    self._limit.cancel()
                self._owner.waits(self)
        elif outcome is not None and reply.error is None:
            self._settled = True

    def _send(self, kind: FrameKind, request: Frame, body: object) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(encode_frame(kind, request.id, request.op, body))

    def _push(self, op: str, body: object) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(encode_frame(FrameKind.PUSH, 0, op, body))

    # --- the end

    async def _report_end(self, code: int | None) -> None:
        if self._settled or self._stopping is Stopping.FENCE:
            return
        if self._stopping is Stopping.TIME_OUT:
            await self._tell(TimedOut(error_info(TimeoutError("the run was past its max_duration"))))
        if self.waiting:
            await self._tell(Evicted())
        elif self._stopping is Stopping.HAND_BACK:
            await self._tell(HandedBack())
        elif self._stopping is not None:
            await self._tell(Released())
        else:
            await self._tell(self._death(code))

    def _death(self, code: int | None) -> Outcome:
        if self._killed:
            return Died(f"its process was killed, with exit code {code}")
        return death(code, self._task.retry, self._assignment, self._random)

    async def _tell(self, outcome: Outcome) -> None:
        executed_ms = int((self._loop.time() - self._since) * 1000)
        with suppress(RuncastError):
            await self._session.report([Report(self.run_id, self.epoch, outcome=outcome, executed_ms=executed_ms)])


async def _collect(process: SpawnProcess) -> int | None:
    """The exit code of a process that ended; None if nobody knows it. `multiprocessing` collects ended processes whenever
    it starts one, in any thread, and its other threads hear of the code only a moment later. With SIGCHLD ignored the
    system collects them, and nobody does."""
    process.join()
    for pause_s in COLLECTED_S:
        code = process.exitcode
        if code is not None:
            process.close()
            return code
        await asyncio.sleep(pause_s)
    return None
