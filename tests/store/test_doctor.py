"""The doctor: silent on a sound database, and each law names the row that breaks it."""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import pytest

from runcast.store import doctor
from runcast.store.sqlite.database import connect
from runcast.store.sqlite.migrate import migrate

_PARENT = "run_000000000000000000001"
_CHILD = "run_000000000000000000002"


@pytest.fixture
def database() -> Iterator[apsw.Connection]:
    """A parent that waits for its child, which a worker executes."""
    connection = connect(":memory:")
    migrate(connection, ":memory:")
    connection.execute(
        """
        insert into workers (id, environment, embedded, pid, host, code_version, started_at, lease_until)
        values ('worker_1', 'dev', 0, 1, 'here', '', 0, 9);
        insert into queues (environment, name, concurrency, per_key) values ('dev', 'web', 1, 1);
        """
    )
    _add_run(connection, _PARENT, status="WAITING", waiting_at=5)
    _add_run(connection, _CHILD, status="EXECUTING", slot=1, worker_id="worker_1", parent_id=_PARENT, parent_key="c",
             awaited=1, root_id=_PARENT, concurrency_key="ada")  # fmt: skip
    _add_entry(connection, _PARENT, "c", kind="child", status="pending", awaits=_CHILD)
    assert doctor.check(connection) == []
    yield connection
    connection.close()


def _add_run(connection: apsw.Connection, id: str, **columns: object) -> None:
    row: dict[str, object] = {
        "id": id, "environment": "dev", "task": "t", "queue": "web", "concurrency_key": "", "status": "QUEUED",
        "payload": "{}", "metadata": "{}", "tags": "[]", "max_attempts": 1, "priority_ms": 0, "turn": 1, "rank": 0,
        "created_at": 1, "available_at": 1, "root_id": id, "depth": 0, "generation": 0, "batch_position": 0,
    }  # fmt: skip
    _insert(connection, "runs", row | columns)


def _add_entry(connection: apsw.Connection, run_id: str, key: str, **columns: object) -> None:
    row: dict[str, object] = {
        "run_id": run_id, "key": key, "kind": "step", "name": "", "status": "done", "digest": "", "code_version": "",
        "generation": 0, "tries": 1, "started_at": 1,
    }  # fmt: skip
    _insert(connection, "journal", row | columns)


def _insert(connection: apsw.Connection, table: str, row: dict[str, object]) -> None:
    marks = ", ".join("?" * len(row))
    connection.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", tuple(row.values()))


BREAKS = {
    "broken_statuses": f"update runs set finished_at = 9 where id = '{_PARENT}'",
    "slots_without_body": f"update runs set slot = 1 where id = '{_PARENT}'",
    "exceeded_totals": "update queues set concurrency = 0",
    "exceeded_keys": "update queues set per_key = 0",
    "missed_run_ends": f"update runs set status = 'COMPLETED', finished_at = 9, slot = 0 where id = '{_CHILD}'",
    "missed_wait_ends": f"""
        insert into waits (id, environment, status, tags, created_at) values ('w', 'dev', 'COMPLETED', '[]', 1);
        update journal set awaits = 'w' where run_id = '{_PARENT}'""",
    "missed_batch_ends": f"""
        insert into batches (id, environment, size, created_at) values ('b', 'dev', 0, 1);
        update journal set awaits = 'b' where run_id = '{_PARENT}'""",
    "deaf_entries": f"update runs set awaited = 0 where id = '{_CHILD}'",
    "entries_of_nothing": f"update journal set awaits = 'nothing' where run_id = '{_PARENT}'",
    "missed_messages": f"""
        insert into inbox (run_id, name, key, value, sent_at) values ('{_PARENT}', 'words', 'k', '1', 1);
        update journal set kind = 'message', name = 'words', awaits = '{_PARENT}/words' where run_id = '{_PARENT}'""",
    "lost_messages": f"""
        insert into inbox (run_id, name, key, value, sent_at, taken_by) values ('{_PARENT}', 'words', 'k', '1', 1, 'm')""",
    "unanswered_alerts": """
        insert into alert_events (environment, alert, kind, subject, message, fingerprint, count, first_at, last_at)
        values ('dev', 'a', 'failed', 't', '', '', 1, 1, 1)""",
    "lost_wake_ups": f"update journal set resolved_at = 9 where run_id = '{_PARENT}'",
    "missing_owners": "update workers set stopped_at = 9",
    "broken_streams": f"""
        insert into parts (run_id, stream, seq, kind, value, scope, at) values ('{_PARENT}', 's', 1, 'data', '1', '', 1)""",
    "wrong_tallies": "insert into tallies values ('dev', 60000, 0, 't', 'COMPLETED', 1)",
    "lost_tags": "insert into run_tags (environment, tag, run_id) values ('dev', 't', 'nothing')",
    "keys_of_nothing": "insert into idempotency (environment, task, key, run_id) values ('dev', 't', 'k', 'nothing')",
    "started_after_expiry": f"update runs set attempt = 1, started_at = 9, expires_at = 8 where id = '{_CHILD}'",
    "unseen_changes": f"""
        insert into changes (run_id, root_id, version, kind, status, at)
        values ('{_PARENT}', '{_PARENT}', 1, 'status', 'QUEUED', 1)""",
    "orphans": "insert into applied (run_id, scope, count) values ('nothing', '/', 1)",
    "missing_blobs": f"update runs set payload = 'blob:00' where id = '{_PARENT}'",
    "missing_objects": f"""
        insert into artifacts (id, run_id, name, content_type, size, data, digest, attempt, created_at)
        values ('a', '{_PARENT}', 'a', 'text/plain', 1, x'', 'ab', 1, 1)""",
    "times_ahead": f"""
        insert into changes (run_id, root_id, version, kind, status, at)
        values ('{_PARENT}', '{_PARENT}', 1, 'status', 'WAITING', 1);
        update runs set created_at = 90000000 where id = '{_PARENT}'""",
    "silent_schedules": """
        insert into schedules (id, environment, type, task, cron, timezone, overlap, catch_up, paused, removed, revision,
          created_at, updated_at)
        values ('s', 'dev', 'IMPERATIVE', 't', '* * * * *', 'UTC', 'allow', 'last', 0, 0, 1, 1, 1)""",
    "broken_ticks": """
        insert into schedule_ticks (schedule_id, at, manual, outcome, decided_at) values ('s', 1, 0, 'skipped', 1)""",
    "stuck_keys": f"update queues set per_key = null; update runs set status = 'QUEUED', held = 1 where id = '{_PARENT}'",
}
"""Check to a change that breaks its law, and perhaps others with it."""


@pytest.mark.parametrize("check", sorted(BREAKS))
def test_each_law_names_what_breaks_it(database: apsw.Connection, check: str) -> None:
    database.execute(BREAKS[check])
    findings = {finding.check: finding for finding in doctor.check(database)}
    assert check in findings
    assert findings[check].law == doctor.LAWS[check]
    assert findings[check].subjects


def test_every_law_is_tried() -> None:
    assert set(BREAKS) | {"repeated_children"} == set(doctor.LAWS)


def test_a_key_that_stands_for_two_children_is_found(database: apsw.Connection) -> None:
    _add_run(database, "run_3", parent_id=_PARENT, parent_key="c", root_id=_PARENT)
    assert [finding.check for finding in doctor.check(database)] == ["repeated_children"]


def test_a_damaged_file_is_a_finding(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("doctor") / "damaged.db"
    connection = connect(str(path))
    migrate(connection, str(path))
    for number in range(500):
        _add_run(connection, f"run_{number:03}")
    connection.execute("pragma wal_checkpoint(truncate)")
    query = "select rootpage from sqlite_master where name = 'runs_ready'"
    root = int(connection.execute(query).fetchall()[0][0])  # type: ignore[arg-type]
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 64)
    connection = connect(str(path))
    assert [finding.check for finding in doctor.check(connection)] == ["damaged_file"]
    connection.close()
