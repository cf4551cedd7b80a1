"""Checks the laws that hold in every committed state of a database, and names the rows that break one.

    findings = await store.read(doctor.examine)

Each check is a query of `sql/doctor.sql` that finds what must not be there. It reads whole tables: run it for a reason.
"""

from __future__ import annotations

import apsw
import msgspec

from runcast.store.rows import Name
from runcast.store.script import Script, call
from runcast.store.sqlite.database import SqliteSession

LAWS = {
    "broken_statuses": "a run has a known status, and an end exactly when the status is final",
    "slots_without_body": "a run holds a slot exactly while its body may run",
    "exceeded_totals": "a queue never holds more slots than its limit",
    "exceeded_keys": "a concurrency key never holds more slots than its limit",
    "repeated_children": "a journal key stands for one child in each generation",
    "missed_run_ends": "when a run ends, what waited for it is resolved in the same commit",
    "missed_wait_ends": "when a wait ends, what waited for it is resolved in the same commit",
    "missed_batch_ends": "when a batch is complete, what waited for it is resolved in the same commit",
    "deaf_entries": "a run that is waited for knows it",
    "entries_of_nothing": "a pending entry waits for something that exists",
    "unanswered_alerts": "an alert's event has the run that handles it, or deliveries",
    "missed_messages": "a message goes to who waits for it in the commit that stores it",
    "lost_messages": "a message counts as received exactly when a journal has it",
    "lost_wake_ups": "a waiting run has something to wait for, and wakes when it comes",
    "missing_owners": "a live run's worker is a live worker",
    "broken_streams": "a stream's parts are numbered from 0 without a gap",
    "lost_tags": "the index of tags says what the runs say",
    "wrong_tallies": "as many ended runs are counted in each minute, quarter and hour as were created in it",
    "keys_of_nothing": "an idempotency key names a run that exists",
    "started_after_expiry": "a run does not start after its ttl",
    "unseen_changes": "the feed's newest fact about a run is the run's state",
    "orphans": "every record belongs to a run that exists",
    "missing_blobs": "a large value's text is there",
    "missing_objects": "an object is kept in the blob store exactly as long as an artifact or a file has it",
    "stuck_keys": "runs are set aside only in queues with a limit per key",
    "times_ahead": "nothing waits for the time of a clock that was days ahead: reschedule, cancel or make it again",
    "silent_schedules": "a schedule has a next time, after its last, or a reason to have none",
    "broken_ticks": "a tick that started a run names it, the run and the schedule exist, and no other tick names them",
}
"""Name of a query to the law that its rows break."""


class Finding(msgspec.Struct, frozen=True):
    """A law that does not hold, and where (at most twenty places)."""

    check: str
    law: str
    subjects: tuple[str, ...]


def examine() -> Script[list[Finding]]:
    """Every law that is broken; an empty list is good news."""
    findings = []
    for check_name, law in LAWS.items():
        rows: list[Name] = yield call(check_name)
        if rows:
            findings.append(Finding(check_name, law, tuple(row.name for row in rows)))
    return findings


def check(connection: apsw.Connection) -> list[Finding]:
    """`examine` on an open connection; a file that SQLite itself finds damaged is the only finding."""
    damage = [str(row[0]) for row in connection.execute("pragma quick_check(20)") if row[0] != "ok"]
    if damage:
        return [Finding("damaged_file", "the file is a sound SQLite database", tuple(damage))]
    findings: list[Finding] = SqliteSession(connection, "").run(examine(), [])
    return findings
