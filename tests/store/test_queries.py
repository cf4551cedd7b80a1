"""The query files: each statement prepares, and gives exactly what its header promises; hot ones use their index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

import apsw
import apsw.ext
import msgspec
import pytest

from runcast.domain.run import Run
from runcast.store.doctor import LAWS
from runcast.store.sqlite.render import VALUES_CHUNKS, Query, load_queries
from tests.store.houses import SqliteHouse

_PARAM = re.compile(r":(\w+)")


@pytest.fixture(scope="module")
def fresh() -> Iterator[SqliteHouse]:
    """A database without statistics, as every database of ours is: nothing runs `analyze`."""
    house = SqliteHouse(":memory:")
    yield house
    house.close()


def _params(query: Query, sql: str) -> dict[str, object]:
    """A value for each parameter; lists arrive as JSON."""
    text = re.sub(r"'[^']*'", "", sql)
    return {name: "[]" if name in query.json_params else 1 for name in _PARAM.findall(text)}


def _plan(house: SqliteHouse, name: str) -> str:
    query = load_queries()[name]
    rows = house.connection.execute(f"explain query plan {query.sql}", _params(query, query.sql)).fetchall()
    return "\n".join(str(row[3]) for row in rows)


@pytest.mark.parametrize("name", sorted(load_queries()))
def test_every_query_prepares(fresh: SqliteHouse, name: str) -> None:
    query = load_queries()[name]
    if query.values_param is not None:
        for size in VALUES_CHUNKS:
            fresh.connection.execute(f"explain {query.insert_sql(size)}", [None] * (query.columns * size))
    else:
        fresh.connection.execute(f"explain {query.sql}", _params(query, query.sql))


def _returning() -> list[str]:
    return sorted(name for name, query in load_queries().items() if query.decoder is not None)


@pytest.mark.parametrize("name", _returning())
def test_every_row_has_the_fields_of_its_struct(fresh: SqliteHouse, name: str) -> None:
    query = load_queries()[name]
    assert query.decoder is not None
    inner = query.sql[query.sql.index(" from (") + len(" from (") : -1]
    described = apsw.ext.query_info(fresh.connection, inner, bindings=_params(query, inner)).description
    columns = {column[0] for column in described}
    struct = query.decoder.type
    if query.many:
        struct = struct.__args__[0]
    assert issubclass(struct, msgspec.Struct)
    missing = set(struct.__struct_fields__) - columns
    assert missing == set()
    if struct is not Run and "select *" not in inner and ".*" not in inner:
        assert columns == set(struct.__struct_fields__)


def test_query_names_are_used(fresh: SqliteHouse) -> None:
    source = "\n".join(
        file.read_text("utf-8")
        for folder in ("store", "store/sqlite", "engine")
        for file in files("runcast").joinpath(folder).iterdir()
        if file.name.endswith(".py")
    )
    unused = [name for name in load_queries() if f'"{name}"' not in source]
    assert unused == []


# --- plans ----------------------------------------------------------------------------------------------------------

SEEKS = {
    "ready_queues": "runs_ready",
    "held_queues": "runs_held",
    "held_keys": "runs_held",
    "count_slots": "runs_slot",
    "slots_by_key": "runs_slot",
    "ready_of_key": "runs_",
    "ready_runs": "runs_ready (environment=? AND queue=? AND fresh<?)",
    "ready_runs_of": "runs_ready (environment=? AND queue=? AND fresh<?)",
    "preferred_of_key": "runs_priority (environment=? AND queue=? AND concurrency_key=? AND rank<?)",
    "has_priority": "runs_priority (environment=? AND queue=?)",
    "last_turns": "runs_keyed (environment=? AND queue=? AND concurrency_key=?)",
    "take": "sqlite_autoindex_runs_1 (id=?)",
    "holdings": "sqlite_autoindex_runs_1 (id=?)",
    "touch_runs": "sqlite_autoindex_runs_1 (id=?)",
    "finish_runs": "sqlite_autoindex_runs_1 (id=?)",
    "wait_runs": "sqlite_autoindex_runs_1 (id=?)",
    "wake_runs": "sqlite_autoindex_runs_1 (id=?)",
    "retry_runs": "sqlite_autoindex_runs_1 (id=?)",
    "awaiting": "journal_awaits (awaits=?)",
    "resolved_of": "journal_resolved (run_id=? AND resolved_at>?)",
    "due_entries": "journal_due (due_at>? AND due_at<?)",
    "newest_open_waits": "waits_open",
    "open_waits_back": "waits_open",
    "due_waits": "waits_due (due_at>? AND due_at<?)",
    "due_runs": "runs_delayed (available_at<?)",
    "expired_runs": "runs_expiring (expires_at>? AND expires_at<?)",
    "next_due": "runs_delayed",
    "pending_runs": "runs_pending (environment=? AND task=?)",
    "held_by": "runs_slot",
    "drop_residents": "runs_resident (worker_id=?)",
    "finished_batches": "runs_batch_live (batch_id=?)",
    "batches_of_member": "batch_members_run (run_id=?)",
    "batch_members": "runs_batch (batch_id=?)",
    "cancel_targets": "runs_parent (parent_id=?)",
    "known_keys": "i USING PRIMARY KEY (environment=? AND task=? AND key=?)",
    "list_runs": "sqlite_autoindex_runs_1",
    "list_runs_by_status": "runs_unusual (status=?",
    "list_related": "sqlite_autoindex_runs_1 (id=?",
    "runs_after": "sqlite_autoindex_runs_1 (id>? AND id<?)",
    "runs_before": "sqlite_autoindex_runs_1 (id>? AND id<?)",
    "unusual_before": "runs_unusual (status=? AND id>?)",
    "child_counts": "runs_parent (parent_id=?)",
    "tallied_counts": "tallies USING PRIMARY KEY (environment=? AND span_ms=? AND at>? AND at<?)",
    "live_counts": "runs_slot (environment=?)",
    "scanned_counts": "sqlite_autoindex_runs_1 (id>?)",
    "tagged_after": "run_tags USING PRIMARY KEY (environment=? AND tag=? AND run_id<?)",
    "tagged_before": "run_tags USING PRIMARY KEY (environment=? AND tag=? AND run_id>?)",
    "newest_of_tag": "run_tags USING PRIMARY KEY (environment=? AND tag=?)",
    "runs_of_tags": "run_tags USING PRIMARY KEY (environment=? AND tag=?)",
    "count_related": "sqlite_autoindex_runs_1 (id=?",
    "count_tagged": "run_tags USING PRIMARY KEY (environment=? AND tag=?)",
    "count_unusual": "runs_unusual (status=?",
    "list_files": "files_path (environment=? AND kind=? AND path>? AND path<?)",
    "prune_batch_errors": "batch_errors USING PRIMARY KEY (batch_id=?)",
    "related_after": "sqlite_autoindex_runs_1 (id=?",
    "unusual_after": "runs_unusual (status=? AND id<?)",
    "unindex_tags": "run_tags USING PRIMARY KEY (environment=? AND tag=? AND run_id=?)",
    "pending_bulks": "bulk_actions_pending",
    "prune_bulk_runs": "bulk_runs_run (run_id=?)",
    "attempts_of": "attempts USING PRIMARY KEY (run_id=?)",
    "list_tree": "runs_root (root_id=?)",
    "changes_after": "changes USING INTEGER PRIMARY KEY (rowid>?)",
    "changes_for": "changes USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    "ahead_of": "runs_ready (environment=? AND queue=? AND fresh<?)",
    "prunable_roots": "sqlite_autoindex_runs_1 (id<?)",
    "run_logs": "logs_run (run_id=? AND seq>?)",
    "next_tick": "schedules_due",
    "due_schedules": "schedules_due (next_at<?)",
    "kept_schedules": "schedules_kept (kept_at>?)",
    "any_kept": "schedules_kept",
    "declared_schedules": "schedules_declared (environment=?)",
    "forsaken_schedules": "schedules_declared (environment=?)",
    "schedule_by_key": "schedules_deduplication (environment=? AND deduplication_key=?)",
    "schedules_by_id": "sqlite_autoindex_schedules_1 (id=?)",
    "known_ticks": "t USING PRIMARY KEY (schedule_id=? AND at=? AND manual=?)",
    "live_schedules": "schedule_ticks USING PRIMARY KEY (schedule_id=?)",
    "ticks_of": "schedule_ticks USING PRIMARY KEY (schedule_id=?)",
    "tick_of_run": "schedule_ticks_run (run_id=?)",
    "prune_ticks": "schedule_ticks_run (run_id=?)",
    "prune_idle_ticks": "schedule_ticks_idle (decided_at<?)",
    "doom_objects": "objects_due (doomed=? AND due_at<?)",
    "doomed_objects": "objects_due (doomed=? AND due_at>?)",
    "forget_objects": "objects USING PRIMARY KEY (run_id=? AND digest=?)",
    "prune_objects": "objects USING PRIMARY KEY (run_id=?)",
    "stream_parts": "parts USING PRIMARY KEY (run_id=? AND stream=? AND seq>?)",
    "queue_depths": "runs_slot (environment=? AND queue=?)",
    "resting_runs": "runs_unusual (status=?)",
    "pulse": "journal_due (due_at>?)",
    "stream_ends": "p USING PRIMARY KEY (run_id=? AND stream=?)",
}
"""Hot queries, and the search that each must make."""


@pytest.mark.parametrize("name", sorted(SEEKS))
def test_a_hot_query_uses_its_index(fresh: SqliteHouse, name: str) -> None:
    assert SEEKS[name] in _plan(fresh, name)


@pytest.mark.parametrize("name", sorted(SEEKS.keys() - {"list_runs"}))
def test_a_hot_query_never_scans_the_runs(fresh: SqliteHouse, name: str) -> None:
    scans = re.findall(
        r"SCAN (?:runs|journal|changes|idempotency|logs|parts|schedules|schedule_ticks)\b(?! USING (?:COVERING )?INDEX).*",
        _plan(fresh, name),
    )
    assert scans == []


@pytest.mark.parametrize(
    "name",
    [
        "ready_runs",
        "unhold",
        "ready_runs_of",
        "preferred_of_key",
        "list_runs",
        "runs_after",
        "runs_before",
        "tagged_after",
        "tagged_before",
        "unusual_after",
        "newest_of_tag",
        "newest_runs",
        "due_entries",
        "due_runs",
        "due_schedules",
        "kept_schedules",
        "ticks_of",
        "changes_after",
        "run_logs",
    ],
)
def test_a_page_in_order_is_not_sorted(fresh: SqliteHouse, name: str) -> None:
    assert "TEMP B-TREE" not in _plan(fresh, name)


@pytest.mark.parametrize("name", sorted(set(load_queries()) - set(LAWS)))
def test_what_is_asked_for_leads_and_the_table_is_looked_up(fresh: SqliteHouse, name: str) -> None:
    if load_queries()[name].values_param is None:
        assert not re.search(r"SEARCH.*\nSCAN json_each", _plan(fresh, name)), "the list is read once for each row"


def test_the_claim_of_a_bound_key_is_found_in_its_own_index(fresh: SqliteHouse) -> None:
    assert "runs_held (environment=? AND queue=? AND concurrency_key=?)" in _plan(fresh, "unhold")
