"""How a body ended, as an outcome: output, retry, failure, continuation."""

from __future__ import annotations

from random import Random
from typing import Any

from runcast.domain.errors import Conflict, ErrorInfo, InvalidInput, NotFound, Overloaded
from runcast.domain.outcome import Continued, Failed, HandedBack, Outcome, ParkedRun, Succeeded, TimedOut
from runcast.sdk.blame import blamed_keys
from runcast.sdk.control import AbortRun, CompleteRun, Continue
from runcast.sdk.failures import error_info
from runcast.sdk.hooks import Verdict
from runcast.sdk.stopping import Stopping
from runcast.worker.memory import on_bigger_machine, ran_out, told
from runcast.worker.running import Running

_NO_VERDICT = Verdict()
_HOPELESS = (AbortRun, InvalidInput, NotFound, Conflict)
"""What another attempt would meet again: the body gave up, or asked for what the engine refuses."""


def succeeded(running: Running, output: Any) -> Outcome:
    """The body returned `output`."""
    try:
        return Succeeded(running.task.encode_output(output), counts=running.counts)
    except InvalidInput as error:
        # Another attempt would compute the same value of the wrong type.
        return Failed(error_info(error))


def failed(running: Running, error: BaseException, random: Random, *, verdict: Verdict | None = None) -> Outcome:
    """The body raised; `verdict` is what a `catch_error` hook made of it."""
    if isinstance(error, Continue):
        return _continued(running, error)
    end = completion(error)
    if end is not None:
        return succeeded(running, end.output)
    if verdict is None:
        verdict = _NO_VERDICT
    info = error_info(verdict.error or error, keys=blamed_keys(error))
    run = running.assignment
    retry = verdict.retry or running.task.retry
    max_attempts = run.max_attempts if verdict.retry is None else retry.max_attempts
    delay_ms = verdict.delay_ms(now_ms=running.host.now_ms())
    if ran_out(error):
        info = told(info, run.machine)
        if retry.out_of_memory is not None and not verdict.skip_retrying:
            return on_bigger_machine(info, retry, run, random)
    hopeless = isinstance(error, _HOPELESS) and delay_ms is None and verdict.retry is None
    if hopeless or verdict.skip_retrying or run.attempt >= max_attempts:
        return Failed(info)
    if delay_ms is None:
        delay_ms = retry.delay_ms(run.attempt, roll=random.random())
    return Failed(info, retry_in_ms=delay_ms, fresh=retry.fresh)


def completion(error: BaseException) -> CompleteRun | None:
    """The `CompleteRun` in `error`, also one that a branch of a `TaskGroup` raised."""
    if isinstance(error, CompleteRun):
        return error
    if isinstance(error, BaseExceptionGroup):
        return next((end for end in map(completion, error.exceptions) if end is not None), None)
    return None


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
    kind = Overloaded if code == Overloaded.code else InvalidInput
    return Failed(ErrorInfo(type=f"{kind.__module__}.{kind.__name__}", message=message, code=code))
