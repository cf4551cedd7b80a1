"""A run as the live stream shows it: what a page of it needs to stay current, without its payload."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.views.error import ErrorView, show_error
from runcast.api.views.run import RunView, retry_at, run_fields
from runcast.domain.run import Run
from runcast.store.blobs import is_blob


class LiveRunView(RunView, frozen=True, rename="camel", kw_only=True):
    """The newest state of a run."""

    queue: str
    root_id: str
    parent_id: str | UnsetType = UNSET
    depth: int
    batch_id: str | UnsetType = UNSET
    attempt_count: int
    max_attempts: int
    retry_at: datetime | UnsetType = UNSET
    """When the next attempt begins, of a run between two."""
    output: Any = UNSET
    """Left out where it is large: retrieve the run."""
    error: ErrorView | UnsetType = UNSET
    streams: tuple[str, ...] | UnsetType = UNSET
    """Names of its streams; left out where they are as before."""


def show_live(run: Run, streams: Sequence[str] | None) -> LiveRunView:
    """`streams`: None leaves them as the client knows them."""
    has_output = run.output is not None and not is_blob(run.output)
    fields: dict[str, Any] = run_fields(run) | {"metadata": msgspec.Raw(run.metadata.encode())}
    return LiveRunView(
        **fields,
        queue=run.queue,
        root_id=run.root_id,
        parent_id=run.parent_id or UNSET,
        depth=run.depth,
        batch_id=run.batch_id or UNSET,
        attempt_count=run.attempt,
        max_attempts=run.max_attempts,
        retry_at=retry_at(run),
        output=msgspec.Raw(run.output.encode()) if has_output and run.output is not None else UNSET,
        error=UNSET if run.error is None else show_error(run.error),
        streams=UNSET if streams is None else tuple(streams),
    )


def encode_live(run: Run, streams: Sequence[str] | None, skip: Sequence[str]) -> bytes:
    """The view as JSON, without some fields."""
    view = show_live(run, streams)
    if not skip:
        return msgspec.json.encode(view)
    shown = msgspec.json.decode(msgspec.json.encode(view))
    return msgspec.json.encode({name: value for name, value in shown.items() if name not in skip})
