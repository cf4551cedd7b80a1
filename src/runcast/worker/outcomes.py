"""How a body ended, as an outcome: output, retry, failure, continuation."""

from __future__ import annotations

from random import Random
from typing import Any

from runcast.domain.errors import ErrorInfo, InvalidInput
from runcast.domain.outcome import Continued, Failed, HandedBack, Outcome, ParkedRun, Succeeded, TimedOut
from runcast.sdk.blame import blamed_keys
from runcast.sdk.control import AbortRun, Continue
from runcast.sdk.failures import error_info
from runcast.sdk.stopping import Stopping
from runcast.worker.running import Running


def succeeded(running: Running, output: Any) -> Outcome:
    """The body returned `output`."""
    try:
        return Succeeded(running.task.encode_output(output), counts=running.counts)
    except InvalidInput as error:
        # Another attempt would compute the same value of the wrong type.
        return Failed(error_info(error))


def failed(running: Running, error: BaseException, random: Random) -> Outcome:
    """The body raised."""
    if isinstance(error, Continue):
        return _continued(running, error)
    info = error_info(error, keys=blamed_keys(error))
    run = running.assignment
    # What was refused for its content is refused again.
    if isinstance(error, AbortRun | InvalidInput) or run.attempt >= run.max_attempts:
        return Failed(info)
    retry = running.task.retry
    return Failed(info, retry_in_ms=retry.delay_ms(run.attempt, roll=random.random()), fresh=retry.fresh)


def _continued(running: Running, error: Continue) -> Outcome:
    try:
        return Continued(running.task.payload.encode(error.args, error.kwargs))
    except InvalidInput as mistake:
        return Failed(error_info(mistake))


def timed_out(running: Running) -> TimedOut:
    """The body executed for longer than it may."""
    limit = running.task.max_duration_ms
    bound = f" of {limit / 1000:g} s" if limit is not None else ""
    return TimedOut(
        ErrorInfo(type="builtins.TimeoutError", message=f"the run was past its max_duration{bound}", code="timed_out")
    )


def stopped(running: Running) -> Outcome | None:
    """The body was stopped while it executed; None where nothing of it may be reported."""
    match running.stop:
        case Stopping.PARK:
            return ParkedRun(running.park_reason)
        case Stopping.HAND_BACK:
            return HandedBack()
        case _:
            return None


def refused(message: str, code: str | None) -> Outcome:
    """The engine refused what the execution reported."""
    if code == "conflict":
        return ParkedRun(message)
    return Failed(ErrorInfo(type="runcast.domain.errors.InvalidInput", message=message, code=code))
