"""What becomes of an execution whose report was refused for its content: nothing of it was kept."""

from __future__ import annotations

from msgspec.structs import replace

from runcast.domain import errors
from runcast.domain.errors import InvalidInput, Overloaded, RuncastError
from runcast.domain.outcome import ParkedRun, Waiting
from runcast.gateway import Reply, Report
from runcast.sdk.blame import blame
from runcast.sdk.stopping import Stopping
from runcast.worker.bodies import stop
from runcast.worker.outcomes import refused
from runcast.worker.running import Running


def refuse(running: Running, report: Report, reply: Reply) -> None:
    """Entries and effects are sent again apart. Refused entries raise in the body, refused effects and a full journal
    park the run, a refused end is a failure."""
    message, code = reply.error or "the engine refused the report", reply.error_code
    if report.outcome is not None and not isinstance(report.outcome, Waiting):
        _refuse_end(running, message, code)
    elif code == errors.Conflict.code or not report.entries:
        running.park_reason = message
        if running.gone:
            running.outcome = ParkedRun(message)
        else:
            stop(running, Stopping.PARK)
    elif code == errors.Overloaded.code and len(report.entries) > 1:
        # One of them found a full queue; the others, among them what steps have done, are recorded without it.
        parts = [replace(report, entries=(new,), effects=(), outcome=None) for new in report.entries]
        effects = [replace(report, entries=(), outcome=None)] if report.effects else []
        running.parts[:0] = [*parts, *effects]
    elif report.effects:
        running.parts[:0] = [replace(report, effects=(), outcome=None), replace(report, entries=(), outcome=None)]
    else:
        _raise_in_calls(running, report, message, reply)


def _raise_in_calls(running: Running, report: Report, message: str, reply: Reply) -> None:
    for new in report.entries:
        call = running.calls.get(new.entry.key)
        if call is not None:
            error = _error(message, reply)
            blame(error, new.entry.key)
            running.give_up(call, error)


def _refuse_end(running: Running, message: str, code: str | None) -> None:
    if running.refused:
        # Even the failure was refused: leave the run to whoever takes it over.
        stop(running, Stopping.FENCE)
        return
    running.refused = True
    running.outcome = refused(message, code)


def _error(message: str, reply: Reply) -> RuncastError:
    refusals = (InvalidInput, Overloaded)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, refusals)]
    kind = next((kind for kind in kinds if kind.code == reply.error_code), InvalidInput)
    error = kind(message)
    vars(error).update(reply.details)
    return error
