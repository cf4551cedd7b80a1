"""What lies in the blob store: a row for each object, from before its upload until after it is gone.

    announced   an upload may be under way; falls due when no commit refers to it for `UPLOAD_MS_MAX`
    kept        an artifact has it
    doomed      nothing has it, and nothing can any more; it is deleted, then its row

A commit that refers to an object looks whether it is doomed, in the same transaction. So nothing is ever deleted that
a row refers to; and all that lies in the store has a row, but for an upload that stood still for longer than
`UPLOAD_MS_MAX` and arrived after its own deletion.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from runcast.domain.effect import Effect
from runcast.domain.errors import Unavailable
from runcast.domain.limits import UPLOAD_MS_MAX
from runcast.domain.run import RunStatus
from runcast.store.rows import Holding, ObjectRow
from runcast.store.script import Script, call


class KeptArtifact(Effect, frozen=True, omit_defaults=True, gc=False):
    """An artifact whose bytes are in the blob store. Only the engine makes one: no worker's frame is read as it."""

    content_type: str = ""
    digest: str = ""
    object_key: str = ""
    size: int = 0


class Place(msgspec.Struct, frozen=True):
    """Where an object goes, and whether it is there already."""

    key: str
    kept: bool


def announce(run_id: str, epoch: int, digest: str, now: int) -> Script[Place | None]:
    """Say that an object of a run is about to be uploaded. None: the run is not this execution's any more.

    Raises `Unavailable` while an older upload of the same bytes is being removed.
    """
    holdings: list[Holding] = yield call("holdings", ids=[[run_id]])
    if not any(run.status == RunStatus.EXECUTING and run.epoch == epoch for run in holdings):
        return None
    return (yield from announce_for(run_id, digest, now))


def announce_for(owner: str, digest: str, now: int) -> Script[Place]:
    """The same for whatever owns objects: a run, or a file."""
    yield call("announce_objects", rows=[(owner, digest, _key(owner, digest, now), now + UPLOAD_MS_MAX)])
    row: ObjectRow | None = yield call("object_at", run_id=owner, digest=digest)
    assert row is not None
    if row.doomed:
        raise Unavailable(f"an old upload of {row.key} is being removed from the blob store; it goes on in a moment")
    return Place(row.key, row.due_at is None)


def keep(objects: Sequence[tuple[str, str, str]]) -> Script[None]:
    """A commit refers to objects, each (run, digest, key). Raises `Unavailable` if one was given up meanwhile: the same
    bytes may have been announced anew since, under a key where nothing lies yet."""
    rows = [list(one) for one in objects]
    yield call("keep_objects", rows=rows)
    lost: str | None = yield call("lost_object", rows=rows)
    if lost is not None:
        raise Unavailable(f"the upload of object {lost} took so long that it was given up; it is sent again")


def doom(now: int, limit: int) -> Script[list[ObjectRow]]:
    """Give up uploads that are due; the objects that may be deleted now, those that waited longest first."""
    yield call("doom_objects", now=now, limit=limit)
    rows: list[ObjectRow] = yield call("doomed_objects", limit=limit)
    return rows


def forget(objects: Sequence[ObjectRow]) -> Script[None]:
    """The objects are deleted."""
    yield call("forget_objects", rows=[[row.run_id, row.digest, row.key] for row in objects])


def _key(run_id: str, digest: str, now: int) -> str:
    """A name of its own for each run, so that none is shared, and for each time, so that a late deletion of an earlier
    upload does not meet this one. Of the run's id, which others may choose, there is only a digest."""
    run = blake2b(run_id.encode(), digest_size=8).hexdigest()
    return f"{digest[:2]}/{digest}-{run}-{now}"
