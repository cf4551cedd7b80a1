"""A program with a step of its own, and a worker: `python program.py PORT` hangs there, elsewhere."""

from __future__ import annotations

import asyncio
import os
import socket
import sys

from runcast import offload, step, task
from runcast.sdk.registry import Registry
from tests.worker.world import World

registry = Registry()


class Here:
    """A class that only this program has."""


@step(on="process")
def hang(address: str, _found_here: Here) -> int:
    with socket.create_connection(("127.0.0.1", int(address))) as talk:
        talk.sendall(f"{os.getpid()}\n".encode())
        talk.recv(1)
    return os.getpid()


@task(registry=registry)
async def main(address: str) -> int:
    return await hang(address, Here())


async def serve(address: str) -> None:
    offload.use("process", offload.Processes(size=1))
    async with World(registry) as world:
        print(await world.output(main, address))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
