"""The facts that the feed carries: every committed change of a run, in commit order."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from runcast.domain.ids import RunId


class ChangeKind(StrEnum):
    STATUS = "status"
    """The run's row changed status (created included); read the run."""
    JOURNAL = "journal"
    """Entries were added or resolved."""
    METADATA = "metadata"
    """Metadata or tags changed."""
    STREAM = "stream"
    LOG = "log"
    ARTIFACT = "artifact"
    USAGE = "usage"
    MESSAGE = "message"
    """A message waits in the run's inbox."""
    SLOT = "slot"
    """A slot or a coroutine was let go: for other engines, which may have work for it; followers do not see it."""
    TOPIC = "topic"
    """Not of a run: `run_id` is what changed, `root_id` the topic."""


class Change(msgspec.Struct, frozen=True):
    """One fact. `seq` is the feed's cursor: global, ordered, never reused."""

    seq: int
    run_id: RunId
    root_id: RunId
    version: int
    kind: ChangeKind
    status: str
    at: int
    keys: tuple[str, ...] | None = None
    """Which entries of its journal changed; None: any of them may have."""
