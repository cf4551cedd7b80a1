"""Changes that clients make to the metadata and the tags of runs: whole, in one transaction, seen in the feed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from runcast.domain.errors import Conflict, InvalidInput, NotFound, ValueTooLarge
from runcast.domain.limits import METADATA_BYTES_MAX, TAGS_MAX
from runcast.domain.metadata import Operation, apply
from runcast.domain.run import FINAL
from runcast.store import changes, run_tags
from runcast.store.rows import MetadataRow
from runcast.store.script import Script, call

_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


class MetadataChange(msgspec.Struct, frozen=True):
    """What is to happen, in this order."""

    replacement: dict[str, Any] | None = None
    own: tuple[Operation, ...] = ()
    parent: tuple[Operation, ...] = ()
    """On the parent, or on the run itself if it has none."""
    root: tuple[Operation, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All of them."""
        return (*self.own, *self.parent, *self.root)

    def check(self) -> None:
        """Raises `InvalidInput`."""
        for operation in self.operations:
            operation.check()


def change(run_id: str, wanted: MetadataChange, now: int) -> Script[dict[str, Any]]:
    """The metadata of the run after the change. An ancestor that has ended keeps what it has.

    Raises `NotFound`, `Conflict` for a run that has ended, `ValueTooLarge`, `InvalidInput`.
    """
    by_id = yield from _rows({run_id})
    if run_id not in by_id:
        raise NotFound("Run not found")
    if by_id[run_id].status in FINAL:
        raise Conflict(f"run {run_id} has ended: its metadata does not change any more")
    root_id = by_id[run_id].root_id
    parent_id = run_id
    if wanted.parent:
        parent_id = (yield call("parent_of", id=run_id)) or run_id
    by_id |= yield from _rows({parent_id, root_id} - {run_id})
    after = {run_id: _DECODE(by_id[run_id].metadata) if wanted.replacement is None else dict(wanted.replacement)}
    for target, operations in ((run_id, wanted.own), (parent_id, wanted.parent), (root_id, wanted.root)):
        row = by_id.get(target)
        if operations and row is not None and row.status not in FINAL:
            before = after[target] if target in after else _DECODE(row.metadata)
            after[target] = apply(before, operations)
    yield from _save([(by_id[id], metadata) for id, metadata in after.items()], now)
    return after[run_id]


def _rows(run_ids: set[str]) -> Script[dict[str, MetadataRow]]:
    if not run_ids:
        return {}
    rows: list[MetadataRow] = yield call("metadata_rows", ids=[[id] for id in sorted(run_ids)])
    return {row.id: row for row in rows}


def _save(changed: Sequence[tuple[MetadataRow, dict[str, Any]]], now: int) -> Script[None]:
    texts = [(row, _encode(row.id, metadata)) for row, metadata in changed]
    texts = [(row, text) for row, text in texts if text != row.metadata]
    if texts:
        yield call("set_metadata", rows=[[row.id, text, _ENCODE(row.tags).decode()] for row, text in texts])
        yield from changes.append([_fact(row, now) for row, _ in texts])


def _encode(run_id: str, metadata: dict[str, Any]) -> str:
    try:
        text = _ENCODE(metadata)
    except RecursionError as error:
        raise InvalidInput(f"the metadata of run {run_id} would be nested too deeply") from error
    if len(text) > METADATA_BYTES_MAX:
        raise ValueTooLarge(
            f"the metadata of run {run_id} would have {len(text):,} bytes, the limit is {METADATA_BYTES_MAX:,}. "
            "Put large values into a stream or an artifact."
        )
    return text.decode()


def add_tags(run_id: str, tags: Sequence[str], now: int) -> Script[tuple[str, ...]]:
    """All tags of the run with these. Raises `NotFound`, and `Conflict` when there would be too many."""
    rows: list[MetadataRow] = yield call("metadata_rows", ids=[[run_id]])
    if not rows:
        raise NotFound("Run not found")
    [row] = rows
    fresh = [tag for tag in dict.fromkeys(tags) if tag not in row.tags]
    together = (*row.tags, *fresh)
    if len(together) > TAGS_MAX:
        raise Conflict(f"a run has at most {TAGS_MAX} tags; {run_id} would have {len(together)}")
    if fresh:
        environment: str = yield call("environment_of", id=run_id)
        yield call("set_metadata", rows=[[run_id, row.metadata, _ENCODE(together).decode()]])
        yield from run_tags.add([(environment, tag, run_id) for tag in fresh])
        yield from changes.append([_fact(row, now)])
    return together


def _fact(row: MetadataRow, now: int) -> changes.ChangeFact:
    return (row.id, row.root_id, row.version + 1, "metadata", row.status, now)
