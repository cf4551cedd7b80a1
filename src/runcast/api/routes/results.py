"""How runs ended, as clients that wait for a run read it."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.packets import PacketType, write_packet
from runcast.api.routes.runs import find_run
from runcast.api.shapes import stored_path
from runcast.api.stored import is_large
from runcast.api.views.error import InternalErrorView, TaskErrorView, show_task_error
from runcast.domain.errors import NotFound
from runcast.domain.run import Run, RunStatus
from runcast.store.blobs import is_blob

_INTERNAL_CODES = {
    RunStatus.CANCELED: "TASK_RUN_CANCELLED",
    RunStatus.CRASHED: "TASK_RUN_CRASHED",
    RunStatus.TIMED_OUT: "MAX_DURATION_EXCEEDED",
}


class UsageView(msgspec.Struct, frozen=True, rename="camel"):
    """What a run took."""

    duration_ms: int


class ResultView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How a run ended: with `ok` an output, else an error."""

    ok: bool
    id: str
    task_identifier: str
    output: str | UnsetType = UNSET
    """The text of a packet."""
    output_type: str | UnsetType = UNSET
    error: TaskErrorView | InternalErrorView | UnsetType = UNSET
    usage: UsageView


@get("/api/v1/runs/{run_id:str}/result", tags=["Runs"], summary="Read the result of a run")
async def result(run_id: FromPath[str], api: Api, caller: Caller) -> ResultView:
    """A 404 until the run has ended."""
    run = await find_run(api, caller, run_id)
    if not run.is_final:
        raise NotFound("Run has not ended yet")
    return show_result(run)


def show_result(run: Run, *, by_path: bool = False) -> ResultView:
    """`by_path`: an output of any size is told by its path."""
    usage = UsageView(run.executing_ms)
    if run.status is not RunStatus.COMPLETED:
        return ResultView(ok=False, id=run.id, task_identifier=run.task, error=_error(run), usage=usage)
    output, kind = _output(run, by_path=by_path)
    return ResultView(ok=True, id=run.id, task_identifier=run.task, output=output, output_type=kind, usage=usage)


def _output(run: Run, *, by_path: bool) -> tuple[str | UnsetType, str]:
    if run.output is None:
        return UNSET, PacketType.JSON
    if by_path or is_blob(run.output) or is_large(run.output):
        return stored_path(run.id, "output"), PacketType.STORE
    return write_packet(run.output)


def _error(run: Run) -> TaskErrorView | InternalErrorView:
    if run.error is not None and run.status is RunStatus.FAILED:
        return show_task_error(run.error)
    message = run.label if run.error is None else run.error.user_message or run.error.message
    return InternalErrorView(_INTERNAL_CODES.get(run.status, f"TASK_RUN_{run.status}"), message)


ROUTES = [result]
