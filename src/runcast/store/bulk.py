"""Bulk actions: many runs canceled, replayed or resumed, in pieces of one transaction each; where they are is on disk.

pending     pieces are carried out, newest runs first, from the place that is stored
completed   every run that was wanted was seen
aborted     somebody stopped it; what was done stays
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

import msgspec

from runcast.domain.errors import NotFound, Overloaded
from runcast.domain.ids import make_id
from runcast.domain.limits import BULK_ACTIONS_PENDING_MAX, BULK_RUNS_PER_TICK
from runcast.domain.run import NewRun
from runcast.gateway import RunFilter
from runcast.store import resolve, run_lists
from runcast.store.enqueue import enqueue
from runcast.store.rows import BulkRow
from runcast.store.script import Script, call

_FILTER = msgspec.json.Decoder(RunFilter)


class NewBulk(msgspec.Struct, frozen=True, kw_only=True):
    """A bulk action as somebody asks for it."""

    id: str
    kind: str
    """`cancel`, `replay` or `resume`."""
    filter: RunFilter
    """Of one environment."""
    total: int
    """How many runs that are, when it was counted."""
    name: str | None = None
    region: str | None = None


class BulkPage(msgspec.Struct, frozen=True):
    """A page, newest first, and whether there are others on either side of it."""

    actions: tuple[BulkRow, ...]
    newer: bool
    older: bool


class Piece(msgspec.Struct, frozen=True):
    """The next runs of a bulk action."""

    action: BulkRow
    run_ids: tuple[str, ...]
    is_last: bool


def create(new: NewBulk, now: int) -> Script[None]:
    """Store it. Runs that are triggered from now on are none of it. Raises `Overloaded` when too many are pending."""
    environment = new.filter.environment
    pending: int = yield call("count_pending_bulks", environment=environment)
    if pending >= BULK_ACTIONS_PENDING_MAX:
        raise Overloaded(
            f"{pending} bulk actions of {environment} are pending, the limit is {BULK_ACTIONS_PENDING_MAX}"
        )
    until = min(now + 1, new.filter.created_to or now + 1)
    wanted = msgspec.json.encode(msgspec.structs.replace(new.filter, created_to=until)).decode()
    yield call(
        "add_bulk",
        id=new.id,
        environment=environment,
        kind=new.kind,
        name=new.name,
        wanted=wanted,
        region=new.region,
        total=new.total,
        created_at=now,
    )


def find(bulk_id: str) -> Script[BulkRow | None]:
    row: BulkRow | None = yield call("find_bulk", id=bulk_id)
    return row


def page(environment: str, *, after: str | None, before: str | None, limit: int) -> Script[BulkPage]:
    """The page that follows an action, or the one in front of it."""
    rows: list[BulkRow]
    if before is not None:
        rows = yield call("bulks_before", environment=environment, before=before, limit=limit + 1)
        return BulkPage(tuple(reversed(rows[:limit])), newer=len(rows) > limit, older=True)
    rows = yield call("bulks_after", environment=environment, after=after, limit=limit + 1)
    return BulkPage(tuple(rows[:limit]), newer=after is not None, older=len(rows) > limit)


def abort(bulk_id: str, now: int) -> Script[None]:
    """Do no more of it; one that has ended stays as it is. Raises `NotFound`."""
    if (yield from find(bulk_id)) is None:
        raise NotFound("Bulk action not found")
    yield call("end_bulk", id=bulk_id, status="ABORTED", now=now)


def next_pieces(limit: int) -> Script[tuple[Piece, ...]]:
    """What is to be done next, of each that is pending."""
    actions: list[BulkRow] = yield call("pending_bulks", limit=limit)
    pieces = []
    for action in actions:
        wanted = _FILTER.decode(action.wanted)
        found = yield from run_lists.page(wanted, after=action.reached, limit=BULK_RUNS_PER_TICK)
        pieces.append(Piece(action, tuple(run.id for run in found.runs), not found.older))
    return tuple(pieces)


def cancel(piece: Piece, now: int) -> Script[None]:
    """Carry out a piece, unless another engine has, or it was aborted."""
    if (yield from _is_current(piece)):
        canceled = yield from resolve.cancel(piece.run_ids, now)
        yield from _done(piece, canceled, now)


def replay(piece: Piece, runs: Sequence[NewRun], now: int) -> Script[None]:
    """The same; `runs` repeat those of the piece. Raises `Overloaded` when a queue has no room for them now."""
    if (yield from _is_current(piece)):
        triggered = yield from enqueue(runs, now)
        yield from _done(piece, [run.id for run in triggered], now)


def carry_out(piece: Piece, act: Callable[[str], Script[str | None]], now: int) -> Script[None]:
    """Carry out a piece run by run. `act` returns the run that came of one, or None: nothing was done with it."""
    if (yield from _is_current(piece)):
        made = []
        for run_id in piece.run_ids:
            if (one := (yield from act(run_id))) is not None:
                made.append(one)
        yield from _done(piece, made, now)


def replay_id(action: BulkRow, run_id: str, now: int) -> str:
    """The id of a run's replay: another try of the same piece takes the same."""
    digest = blake2b(f"{action.id}\0{run_id}".encode(), digest_size=8).digest()
    return make_id("run", at_ms=now, chance=int.from_bytes(digest))


def _is_current(piece: Piece) -> Script[bool]:
    row = yield from find(piece.action.id)
    return row is not None and row.status == "PENDING" and row.reached == piece.action.reached


def _done(piece: Piece, run_ids: Sequence[str], now: int) -> Script[None]:
    bulk_id = piece.action.id
    if run_ids:
        yield call("add_bulk_runs", rows=[(bulk_id, run_id) for run_id in run_ids])
    if piece.run_ids:
        missed = len(piece.run_ids) - len(run_ids)
        reached = piece.run_ids[-1]
        yield call("advance_bulk", id=bulk_id, reached=reached, succeeded=len(run_ids), failed=missed)
    if piece.is_last:
        yield call("end_bulk", id=bulk_id, status="COMPLETED", now=now)
