"""What one may follow, and what is told of it."""

from __future__ import annotations

import msgspec

from runcast.domain.change import Change
from runcast.domain.ids import RunId
from runcast.domain.run import Run


class Watch(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to follow: single runs, whole trees by root, batches, runs by tag, and topics."""

    run_ids: tuple[RunId, ...] = ()
    root_ids: tuple[RunId, ...] = ()
    batch_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """Runs that have any of them; the state is that of the newest ones."""
    environment: str | None = None
    """Of batches and tags; None: batches of any, and tags of `dev`."""
    topics: tuple[str, ...] = ()
    """Of extensions, such as `todo.items`."""


class Update(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The newest state of runs, after the feed's position `cursor`."""

    cursor: int
    runs: tuple[Run, ...] = ()
    changes: tuple[Change, ...] = ()
    resync: bool = False
    """The reader fell too far behind (or the cursor is pruned): `runs` is the whole state again."""
