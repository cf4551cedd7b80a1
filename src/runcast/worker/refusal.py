"""What becomes of an execution whose report was refused for its content: nothing of it was kept."""

from __future__ import annotations

from msgspec.structs import replace

from runcast.domain import errors
from runcast.domain.errors import InvalidInput, RuncastError
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
    elif report.effects:
        running.parts = [replace(report, effects=(), outcome=None), replace(report, entries=(), outcome=None)]
    else:
        _raise_in_calls(running, report, message, code)


def _raise_in_calls(running: Running, report: Report, message: str, code: str | None) -> None:
    for new in report.entries:
        call = running.calls.get(new.entry.key)
        if call is not None:
            error = _error(message, code)
            blame(error, new.entry.key)
            running.give_up(call, error)


def _refuse_end(running: Running, message: str, code: str | None) -> None:
    if running.refused:
        # Even the failure was refused: leave the run to whoever takes it over.
        stop(running, Stopping.FENCE)
        return
    running.refused = True
    running.outcome = refused(message, code)


def _error(message: str, code: str | None) -> RuncastError:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, InvalidInput)]
    kind = next((kind for kind in kinds if kind.code == code), InvalidInput)
    return kind(message)
