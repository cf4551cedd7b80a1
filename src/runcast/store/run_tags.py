"""Keeps `run_tags`, the index of what `runs.tags` says. Runs without tags cost it nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runcast.store.script import Script, call

TagRow = tuple[str, str, str]
"""environment, tag, run_id"""


def add(rows: Sequence[TagRow]) -> Script[None]:
    """Tags that runs got."""
    if rows:
        yield call("add_run_tags", rows=rows)


def index(run_ids: Iterable[str]) -> Script[None]:
    """All tags of these runs, as they are now."""
    yield call("index_tags", ids=[[id] for id in run_ids])


def unindex(run_ids: Iterable[str]) -> Script[None]:
    """Forget all tags of these runs, before they change or go."""
    yield call("unindex_tags", ids=[[id] for id in run_ids])
