"""Streams of runs for those outside: pages of parts to read, and parts that come from elsewhere than the run's body."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.effect import Effect, EffectKind, Part, Target
from runcast.domain.errors import Conflict, NotFound
from runcast.domain.run import FINAL, LABELS, RunStatus
from runcast.store import effects
from runcast.store.rows import AppliedRow, Holding, StreamEnd
from runcast.store.script import Script, call

PAGE_PARTS = 500
PAGE_CHARS = 1024 * 1024


class StreamPage(msgspec.Struct, frozen=True):
    """The next parts of a stream."""

    parts: tuple[Part, ...]
    is_final: bool
    """The run has ended, or is gone."""


def page(run_id: str, stream: str, after: int) -> Script[StreamPage]:
    """Parts after a number; none means that there are none yet."""
    # Before the parts: a run that had ended by then writes no more.
    status: str | None = yield call("status_of_run", id=run_id)
    parts: list[Part] = yield call(
        "stream_page", run_id=run_id, stream=stream, after=after, limit=PAGE_PARTS, chars=PAGE_CHARS
    )
    return StreamPage(tuple(parts), status is None or status in FINAL)


def end(run_id: str, stream: str) -> Script[int]:
    """The number of the last part; -1 where there is none."""
    ends: list[StreamEnd] = yield call("stream_ends", streams=[[run_id, stream]])
    return ends[0].next_seq - 1


def append(
    run_id: str, target: Target, stream: str, values: Sequence[str], *, writer: str, first: int, now: int
) -> Script[None]:
    """Append JSON texts to a stream of a live run, of its parent or root. `writer` numbers its own parts from 0: those that
    are there already are not appended again. An empty `writer` appends all.

    Raises `NotFound`, `Conflict`, `ValueTooLarge`.
    """
    rows: list[Holding] = yield call("holdings", ids=[[run_id]])
    if not rows:
        raise NotFound(f"no run {run_id}")
    (run,) = rows
    if run.status in FINAL:
        raise Conflict(f"run {run_id} has ended ({LABELS[RunStatus(run.status)].lower()}): its streams are complete")
    known = (yield from written(run_id, target, stream, writer)) if writer else 0
    fresh = list(enumerate(values, first + 1))[max(0, known - first) :]
    if not fresh:
        return
    scope = _scope(target, stream, writer) if writer else ""
    news = tuple(
        Effect(EffectKind.PART, stream, value, target=target, scope=scope, number=number if writer else 0)
        for number, value in fresh
    )
    yield from effects.apply([effects.Flush(run, news)], now)
    yield call("raise_versions", ids=[[run_id]])


def written(run_id: str, target: Target, stream: str, writer: str) -> Script[int]:
    """How many parts a writer has appended."""
    rows: list[AppliedRow] = yield call("applied_scopes", scopes=[[run_id, _scope(target, stream, writer)]])
    return rows[0].count if rows else 0


def _scope(target: Target, stream: str, writer: str) -> str:
    # No step has a key like this.
    return f"#writer/{msgspec.json.encode((target, stream, writer)).decode()}"
