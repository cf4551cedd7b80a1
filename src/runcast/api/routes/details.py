"""The parts of a run, for pages and programs of one's own: journal, logs, artifacts, messages, usage, why; resume and fork."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.routes.runs import find_run
from runcast.api.views.detail import (
    ArtifactView,
    EntryView,
    LogView,
    MessageView,
    UsageView,
    WhyView,
    show_artifact,
    show_entry,
    show_log,
    show_message,
    show_usage,
    show_why,
)
from runcast.domain.effect import Artifact
from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId
from runcast.domain.run import Run
from runcast.sdk.fresh_ids import fresh_id
from runcast.store import reads

LINES_MAX = 1_000
SEQ_MAX = 2**53
VIEW_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)
"""What a run made may look like something, and do nothing."""
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
_CONTENT_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}(; *charset=[\w-]{1,40})?", re.ASCII)

Key = Annotated[str | None, QueryParameter(description="Only the entry with this key.")]
Since = Annotated[
    int, QueryParameter(name="after", ge=0, le=SEQ_MAX, description="`seq` of the last one that is known.")
]
Lines = Annotated[int, QueryParameter(name="limit", ge=1, le=LINES_MAX)]


class Journal(msgspec.Struct, frozen=True):
    """What a run recorded, in order."""

    data: tuple[EntryView, ...]


class Logs(msgspec.Struct, frozen=True):
    """Log lines, in order."""

    data: tuple[LogView, ...]


class Artifacts(msgspec.Struct, frozen=True):
    """What a run stored for people."""

    data: tuple[ArtifactView, ...]


class Messages(msgspec.Struct, frozen=True):
    """What a run was sent, in order."""

    data: tuple[MessageView, ...]


class ForkBody(msgspec.Struct, frozen=True, rename="camel"):
    """Where the new run begins to do things itself."""

    from_key: str
    """Key of a journal entry, or the name of the only one that has it; what came before is adopted."""
    payload: Any | UnsetType = UNSET
    """Instead of the run's own."""


class NewRunView(msgspec.Struct, frozen=True):
    """The run that goes on."""

    id: str


@get("/api/v1/runs/{run_id:str}/journal", tags=["Runs"], summary="Read the journal of a run")
async def journal(run_id: FromPath[str], api: Api, caller: Caller, key: Key = None) -> Journal:
    """What it recorded: steps, children, waits, decisions."""
    run = await _find(api, caller, run_id)
    if key is not None:
        return Journal(tuple(map(show_entry, await api.engine.store.read(partial(reads.journal_entry, run.id, key)))))
    return Journal(tuple(map(show_entry, await api.engine.journal(run.id))))


@get("/api/v1/runs/{run_id:str}/logs", tags=["Runs"], summary="Read the log of a run")
async def logs(run_id: FromPath[str], api: Api, caller: Caller, after: Since = 0, limit: Lines = LINES_MAX) -> Logs:
    """Lines after a `seq`, in order."""
    run = await _find(api, caller, run_id)
    return Logs(tuple(map(show_log, await api.engine.logs(run.id, after=after, limit=limit))))


@get("/api/v1/runs/{run_id:str}/messages", tags=["Runs"], summary="List the messages to a run")
async def messages(
    run_id: FromPath[str], api: Api, caller: Caller, after: Since = 0, limit: Lines = LINES_MAX
) -> Messages:
    """What its inboxes got, after a `seq`, in order."""
    run = await _find(api, caller, run_id)
    return Messages(tuple(map(show_message, await api.engine.messages(run.id, after=after, limit=limit))))


@get("/api/v1/runs/{run_id:str}/usage", tags=["Runs"], summary="Read what a run used")
async def usage(run_id: FromPath[str], api: Api, caller: Caller) -> UsageView:
    """What it used and what that cost, by itself and with everything below it."""
    run = await _find(api, caller, run_id)
    return show_usage(await api.engine.usage(run.id))


@get("/api/v1/runs/{run_id:str}/why", tags=["Runs"], summary="Ask why a run is not running")
async def why(run_id: FromPath[str], api: Api, caller: Caller) -> WhyView:
    """What it waits for, who is in front of it, or what happened to it."""
    run = await _find(api, caller, run_id)
    return show_why(await api.engine.why(run.id))


@get("/api/v1/runs/{run_id:str}/artifacts", tags=["Runs"], summary="List the artifacts of a run")
async def artifacts(run_id: FromPath[str], api: Api, caller: Caller) -> Artifacts:
    """What it stored for people to look at."""
    run = await _find(api, caller, run_id)
    return Artifacts(tuple(show_artifact(run.id, found) for found in await api.engine.artifacts(run.id)))


@get(
    "/api/v1/runs/{run_id:str}/artifacts/{artifact_id:str}",
    opt={"streams": True},
    responses={
        200: ResponseSpec(
            bytes, generate_examples=False, description="The content", media_type="application/octet-stream"
        )
    },
    tags=["Runs"],
    summary="Download an artifact",
)
async def download(run_id: FromPath[str], artifact_id: FromPath[str], api: Api, caller: Caller) -> Response[bytes]:
    """Its content, as an attachment: whatever a run stored, no browser executes it here."""
    found = await _find_artifact(api, await _find(api, caller, run_id), artifact_id)
    known = _CONTENT_TYPE.fullmatch(found.content_type)
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name.encode(errors='replace'), safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "private, max-age=3600",
    }
    content = await api.engine.artifact(found.id)
    return Response(content, media_type=found.content_type if known else "application/octet-stream", headers=headers)


@get(
    "/api/v1/runs/{run_id:str}/artifacts/{artifact_id:str}/view",
    opt={"streams": True},
    responses={200: ResponseSpec(bytes, generate_examples=False, description="The content", media_type="text/html")},
    tags=["Runs"],
    summary="Look at an artifact",
)
async def look_at(run_id: FromPath[str], artifact_id: FromPath[str], api: Api, caller: Caller) -> Response[bytes]:
    """A page, a picture or a text, shown by the browser: without scripts, an origin, or anything loaded from elsewhere."""
    found = await _find_artifact(api, await _find(api, caller, run_id), artifact_id)
    kind = found.content_type.partition(";")[0].strip().lower()
    shown = "text/html" if kind in _PAGES else kind if kind in _PICTURES else "text/plain"
    headers = {
        "content-disposition": "inline",
        "content-security-policy": VIEW_POLICY,
        "cache-control": "private, max-age=3600",
    }
    return Response(await api.engine.artifact(found.id), media_type=shown, headers=headers)


@post("/api/v1/runs/{run_id:str}/resume", status_code=200, tags=["Runs"], summary="Resume a run")
async def resume(run_id: FromPath[str], api: Api, caller: Caller) -> NewRunView:
    """A finished run: a new one, which does only what that one has not done. A parked run: it goes on itself."""
    run = await _find(api, caller, run_id, action="write")
    return NewRunView((await api.engine.resume(run.id, RunId(fresh_id("run")))).id)


@post("/api/v1/runs/{run_id:str}/fork", status_code=200, tags=["Runs"], summary="Fork a run")
async def fork(run_id: FromPath[str], data: ForkBody, api: Api, caller: Caller) -> NewRunView:
    """A new run, which adopts what this one recorded before an entry of its journal, and goes on from there."""
    run = await _find(api, caller, run_id, action="write")
    payload = None if data.payload is UNSET else msgspec.json.encode(data.payload).decode()
    new_id = RunId(fresh_id("run"))
    return NewRunView((await api.engine.fork(run.id, new_id, from_key=data.from_key, payload=payload)).id)


async def _find(api: Api, caller: Caller, run_id: str, *, action: str = "read") -> Run:
    caller.require(action)
    return await find_run(api, caller, run_id, action=action)


async def _find_artifact(api: Api, run: Run, artifact_id: str) -> Artifact:
    found = next((one for one in await api.engine.artifacts(run.id) if one.id == artifact_id), None)
    if found is None:
        raise NotFound("Artifact not found")
    return found


ROUTES = [journal, logs, messages, usage, why, artifacts, download, look_at, resume, fork]
