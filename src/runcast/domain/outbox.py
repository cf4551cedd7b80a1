"""The outbox: a table in a user's own database, whose committed rows an engine carries out."""

from __future__ import annotations

import msgspec

from runcast.domain.ids import WaitId

TABLE = "runcast_outbox"
TRIGGER = "trigger"
"""The body of the row is a `NewRun` as JSON."""
COMPLETE_WAIT = "complete_wait"
"""The body of the row is the value as JSON."""
COLUMNS = ("kind", "id", "body", "written_at")
"""What who writes a row fills in."""

# A number that is never given twice: who deletes a row that is gone already must not meet a new one in its place.
_SQLITE = f"""\
create table if not exists {TABLE} (
  seq integer primary key autoincrement,
  kind text not null,
  id text not null,
  body text not null,
  written_at integer not null,
  reason text
)"""
# All rows are deleted soon: the vacuum waits for a number of them, not for a share of the table.
_POSTGRESQL = f"""\
create table if not exists {TABLE} (
  seq bigint generated always as identity primary key,
  kind text not null,
  id text not null,
  body text not null,
  written_at bigint not null,
  reason text
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)"""
DEFINITIONS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}


class OutboxRow(msgspec.Struct, frozen=True, gc=False):
    """What somebody committed, and no engine has carried out yet."""

    seq: int
    kind: str
    id: str
    """Of the run, or of the wait."""
    body: str


class Completion(msgspec.Struct, frozen=True, gc=False):
    """A wait to complete."""

    wait_id: WaitId
    value: str
    """JSON text."""
