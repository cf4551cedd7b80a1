"""Runs that run out of memory: how that is told, and the one more attempt on a bigger machine."""

from __future__ import annotations

import signal
from random import Random

from msgspec import structs

from runcast.domain.errors import ErrorInfo
from runcast.domain.outcome import Died, Failed
from runcast.domain.retry import Retry
from runcast.gateway import Assignment

CODE = "out_of_memory"


def ran_out(error: BaseException) -> bool:
    """True for a `MemoryError`, also one that a branch of a `TaskGroup` raised."""
    if isinstance(error, BaseExceptionGroup):
        return any(map(ran_out, error.exceptions))
    return isinstance(error, MemoryError)


def told(info: ErrorInfo, machine: str | None) -> ErrorInfo:
    """The error in words: Python's own has none."""
    place = f" on machine {machine!r}" if machine else ""
    detail = f": {info.message}" if info.message else ""
    return structs.replace(info, message=f"ran out of memory{place}{detail}", code=info.code or CODE)


def on_bigger_machine(info: ErrorInfo, retry: Retry, run: Assignment, random: Random) -> Failed:
    """One more attempt where `retry` says, unless this was it."""
    if retry.out_of_memory is None or run.machine == retry.out_of_memory:
        return Failed(info)
    delay_ms = retry.delay_ms(run.attempt, roll=random.random())
    return Failed(info, retry_in_ms=delay_ms, fresh=retry.fresh, machine=retry.out_of_memory)


def death(code: int | None, retry: Retry, run: Assignment, random: Random) -> Died | Failed:
    """How a process that executed only `run` came to its end, which nobody here asked for.

    A kill is what Linux does when memory runs out; it leaves nothing else to know it by. It is a death like any other
    where no bigger machine is left to try.
    """
    if code != -signal.SIGKILL:
        return Died(f"its process ended with exit code {code}")
    reason = "its process was killed (SIGKILL), as the kernel does when memory runs out"
    if retry.out_of_memory is None or run.machine == retry.out_of_memory:
        return Died(reason)
    return on_bigger_machine(told(ErrorInfo("builtins.MemoryError", reason), run.machine), retry, run, random)
