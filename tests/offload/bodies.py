"""Steps whose bodies run elsewhere, and tasks that make them: at the top of a module, where other processes find them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from runcast import AbortRun, Retry, current_run, logger, metadata, resource, step, streams, task, tasks, usage, wait
from runcast.sdk.registry import Registry

registry = Registry()


@dataclass
class Point:
    x: int
    y: int = 0


class TooFar(Exception):
    """An error of the user's own."""


class Odd(Exception):
    """One that cannot be made from its arguments."""

    def __init__(self, one: object, two: object) -> None:
        super().__init__(object())


def where() -> int:
    return os.getpid()


async def where_async() -> int:
    await asyncio.sleep(0)
    return os.getpid()


def move(point: Point, *, by: int = 1) -> Point:
    return Point(point.x + by, point.y)


def too_far(distance: int) -> None:
    raise TooFar(distance, "km")


def odd() -> None:
    raise Odd(1, 2)


def no_json() -> Any:
    return object()


def large(size: int) -> str:
    return "x" * size


def take(_text: str) -> None: ...


def die(code: int) -> None:
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)


def fails_until(path: str, number: int) -> int:
    """Fails `number - 1` times, as the lines of a file count."""
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()}\n")
    tries = len(Path(path).read_text().splitlines())
    if tries < number:
        raise ConnectionError(tries)
    return tries


def gives_up(path: str) -> None:
    fails_until(path, 0)
    raise AbortRun("no use")


def hang(address: str) -> None:
    """Says who it is, and waits until the other side says something."""
    with socket.create_connection(("127.0.0.1", int(address))) as talk:
        talk.sendall(f"{os.getpid()}\n".encode())
        talk.recv(1)


def hang_with_child(address: str) -> None:
    """The same, with a process of its own beside it."""
    address_of = ("127.0.0.1", int(address))
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with child, socket.create_connection(address_of) as talk:
        talk.sendall(f"{os.getpid()} {child.pid}\n".encode())
        talk.recv(1)


def fork_and_die() -> None:
    """Leaves a copy of itself behind, which holds whatever it held."""
    if os.fork() == 0:
        signal.pause()
    os._exit(4)


def log() -> str:
    logger.info("from afar")
    return "logged"


AWAY: dict[str, Callable[[], object]] = {
    "metadata": lambda: metadata.set("a", 1),
    "stream": lambda: streams.append("a", "b"),
    "usage": lambda: usage.add("tokens", 1),
    "run": current_run,
    "step": step(where),
    "wait": lambda: wait.for_("1s"),
    "trigger": lambda: tasks.trigger("nothing", {}),
}


def durable(what: str) -> None:
    AWAY[what]()


@resource
def opened() -> Iterator[list[int]]:
    yield [os.getpid()]


def uses_resource() -> int:
    opened().append(0)
    return len(opened())


def decorated(fn: Callable[[int], int]) -> Callable[[int], int]:
    @wraps(fn)
    def around(n: int) -> int:
        return fn(n) + 1

    return around


@step(on="process")
@decorated
def twice(n: int) -> int:
    return 2 * n


FUNCTIONS: dict[str, Callable[..., Any]] = {
    found.__name__: found
    for found in (
        where,
        where_async,
        move,
        too_far,
        odd,
        no_json,
        large,
        take,
        die,
        fails_until,
        gives_up,
        hang,
        hang_with_child,
        fork_and_die,
        log,
        durable,
        uses_resource,
    )
}


@task(registry=registry, retry=Retry(max_attempts=1))
async def call(name: str, arguments: list[Any], on: str = "process", tries: int = 1) -> Any:
    return await step(FUNCTIONS[name], on=on, retry=Retry(max_attempts=tries, min_s=0))(*arguments)


@task(registry=registry, retry=Retry(max_attempts=1))
async def caught(name: str, arguments: list[Any], on: str = "process") -> str:
    try:
        await step(FUNCTIONS[name], on=on)(*arguments)
    except Exception as error:  # noqa: BLE001 - told, whatever it is
        return f"{type(error).__name__}: {error}"
    return "nothing was raised"


@task(registry=registry, retry=Retry(max_attempts=1))
async def moved(x: int, on: str = "process") -> Point:
    found: Point = await step(move, on=on)(Point(x), by=2)
    return found


@task(registry=registry)
async def doubled(n: int) -> int:
    return await twice(n)


@task(registry=registry)
async def many(count: int) -> list[int]:
    return await asyncio.gather(*(step(where, on="process")() for _ in range(count)))


@task(registry=registry, isolation="process")
async def isolated() -> bool:
    return await step(where, on="process")() != os.getpid()


limits: list[asyncio.Timeout] = []


@task(registry=registry, retry=Retry(max_attempts=1))
async def timed(address: str) -> str:
    try:
        async with asyncio.timeout(None) as limit:
            limits.append(limit)
            await step(hang, on="process")(address)
    except TimeoutError:
        return "timed out"
    return "ended"
