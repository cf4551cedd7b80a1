"""Reads what a report holds."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import partial

import msgspec

from runcast.api.context import Api
from runcast.domain.effect import Artifact, Log
from runcast.domain.journal import Entry
from runcast.domain.run import Run
from runcast.domain.trace import Span, spans_of
from runcast.domain.usage import RunUsage
from runcast.store import traces

LINES_MAX = 1_000
EXHIBITS_MAX = 40
"""Artifacts that come along with their content."""
PICTURE_BYTES_MAX = 512 * 1024
TEXT_BYTES_MAX = 64 * 1024
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_TEXTS = frozenset({"application/json", "message/rfc822"})


class Exhibit(msgspec.Struct, frozen=True):
    """An artifact, with its content where that is small enough to come along."""

    artifact: Artifact
    text: str = ""
    picture: str = ""
    """A `data:` URL."""


class Report(msgspec.Struct, frozen=True):
    """A run with everything that happened in it and below it."""

    run: Run
    spans: Sequence[Span]
    """Of it and of the runs below it, without log lines, each after the one that holds it."""
    is_truncated: bool
    """There is more than the report has."""
    entries: Sequence[Entry]
    logs: Sequence[Log]
    exhibits: Sequence[Exhibit]
    usage: RunUsage
    made_at: int


async def gather(api: Api, run: Run, *, contents: bool = True) -> Report:
    """Everything of a run; what is large stays out. `contents`: of artifacts, too."""
    records, is_truncated = await api.engine.store.read(partial(traces.records, run))
    logs = await api.engine.logs(run.id, limit=LINES_MAX)
    artifacts = await api.engine.artifacts(run.id)
    shown = EXHIBITS_MAX if contents else 0
    return Report(
        run=run,
        spans=[span for span in spans_of(records) if span.kind != "log"],
        is_truncated=is_truncated or len(logs) == LINES_MAX,
        entries=await api.engine.journal(run.id),
        logs=logs,
        exhibits=[*[await _exhibit(api, one) for one in artifacts[:shown]], *map(Exhibit, artifacts[shown:])],
        usage=await api.engine.usage(run.id),
        made_at=api.now_ms(),
    )


async def _exhibit(api: Api, artifact: Artifact) -> Exhibit:
    kind = artifact.content_type.partition(";")[0].strip().lower()
    if kind in _PICTURES and artifact.size <= PICTURE_BYTES_MAX:
        content = b64encode(await api.engine.artifact(artifact.id)).decode()
        return Exhibit(artifact, picture=f"data:{kind};base64,{content}")
    if (kind.startswith("text/") or kind in _TEXTS) and artifact.size <= TEXT_BYTES_MAX:
        return Exhibit(artifact, text=(await api.engine.artifact(artifact.id)).decode(errors="replace"))
    return Exhibit(artifact)
