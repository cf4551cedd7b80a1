"""What becomes of an execution whose report was refused for its content: nothing of it was kept."""

from __future__ import annotations

from runcast.domain import errors
from runcast.domain.errors import InvalidInput, RuncastError
from runcast.gateway import Reply, Report
from runcast.sdk.blame import blame
from runcast.sdk.stopping import Stopping
from runcast.worker.bodies import stop
from runcast.worker.outcomes import refused
from runcast.worker.running import Running


def refuse(running: Running, report: Report, reply: Reply) -> None:
    """The calls of the report raise in the body; a full journal parks the run; a refused outcome is a failure."""
    message, code = reply.error or "the engine refused the report", reply.error_code
    if code == errors.Conflict.code:
        running.park_reason = message
        stop(running, Stopping.PARK)
    for new in report.entries:
        call = running.calls.get(new.entry.key)
        if call is not None:
            error = _error(message, code)
            blame(error, new.entry.key)
            running.give_up(call, error)
    if report.outcome is None:
        return
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
