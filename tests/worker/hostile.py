"""Isolated bodies that harm their own process: at the top of a module, where the child process finds them."""

from __future__ import annotations

import os
import stat
import threading

from runcast.sdk.registry import Registry
from runcast.sdk.task import task

registry = Registry()


@task(registry=registry, isolation="process")
async def babble() -> None:
    """Writes into the socket to its parent."""
    for descriptor in range(3, 40):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.write(descriptor, b"\xff" * 64)
        except OSError:
            pass


@task(registry=registry, isolation="process")
async def leave_a_child(code: int) -> str:
    """Dies, unless the code is 0; what it forked lives on with a copy of everything open."""
    if os.fork() == 0:
        threading.Event().wait(20)  # in the forked process
        os._exit(0)
    if code:
        os._exit(code)
    return "done"


@task(registry=registry, isolation="process")
async def leave(code: int) -> None:
    """Ends its process."""
    os._exit(code)


@task(registry=registry, isolation="process")
async def behave() -> str:
    return "well"
