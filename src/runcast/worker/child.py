"""The process that executes one run alone: a worker of one assignment, whose engine is the socket to its parent."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from random import SystemRandom
from typing import Any

import msgspec

from runcast.clock import SystemClock
from runcast.domain.errors import InvalidInput, Unavailable
from runcast.domain.outcome import Failed
from runcast.gateway import Assignment, News, Report, Stop, Welcome
from runcast.sdk.connection import Connection
from runcast.sdk.factory import task_factory
from runcast.sdk.failures import error_info
from runcast.sdk.otel.export import set_up_telemetry
from runcast.sdk.registry import Registry, registry
from runcast.sdk.remote import RemoteWorkerSession
from runcast.sdk.resource import close_resources
from runcast.sdk.task import TaskDefinition
from runcast.wire import Frame
from runcast.worker.executor import Executor
from runcast.worker.find import find_task
from runcast.worker.settings import WorkerSettings
from runcast.worker.spawn import spawner


def run_child(sock: socket.socket, module: str, qualname: str, assignment: bytes) -> None:
    """Execute one assignment and end. Started by `isolate`, with one end of its socket pair."""
    # Ctrl-C reaches the whole group; the parent decides what becomes of the run.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    decoded = msgspec.msgpack.decode(assignment, type=Assignment)
    asyncio.run(_execute(sock, decoded, lambda: find_task(module, qualname, decoded.task)))


async def _execute(sock: socket.socket, assignment: Assignment, find: Callable[[], TaskDefinition[..., Any]]) -> None:
    asyncio.get_running_loop().set_task_factory(task_factory)
    reader, writer = await asyncio.open_unix_connection(sock=sock)
    pushes = _Pushes()
    connection = Connection(reader, writer, pushes.receive)
    try:
        welcome = await connection.ask("worker.open", (), msgspec.msgpack.Decoder(Welcome).decode)
        session = RemoteWorkerSession(connection, welcome)
        tasks = Registry(registry.hooks)
        try:
            tasks.add(find())
            set_up_telemetry()
        except Exception as error:  # noqa: BLE001 - whatever the user's module raises is the run's error
            await session.report([Report(assignment.run_id, assignment.epoch, outcome=Failed(error_info(error)))])
            return
        await _serve(session, tasks, assignment, pushes)
        await close_resources()
    except Unavailable:
        # The parent is gone. It, or whoever comes after it, takes the run back.
        return
    finally:
        await connection.close()


async def _serve(session: RemoteWorkerSession, tasks: Registry, assignment: Assignment, pushes: _Pushes) -> None:
    async with asyncio.TaskGroup() as group:
        # A process is too dear to keep while its run waits.
        settings = WorkerSettings(evict_after_ms=0)
        executor = Executor(session, tasks, settings, clock=SystemClock(), random=SystemRandom(), spawn=spawner(group))
        pushes.executor = executor
        executor.assign([assignment])
        await executor.census.until_empty()
        executor.close()


class _Pushes:
    """What the parent passes on from the engine."""

    executor: Executor

    def receive(self, frame: Frame) -> None:
        match frame.op:
            case "news":
                self.executor.news(msgspec.msgpack.decode(frame.body, type=list[News]))
            case "stop":
                self.executor.stop(msgspec.msgpack.decode(frame.body, type=list[Stop]))
            case "evict":
                self.executor.evict_all()
            case _:
                raise InvalidInput(f"the parent sent {frame.op!r}")
