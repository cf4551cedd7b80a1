"""Opening a file: ours is brought up to date, anything else is refused untouched."""

from __future__ import annotations

import os
from pathlib import Path

import apsw
import pytest

from runcast.clock import ManualClock
from runcast.domain.errors import DatabaseCorrupt, DatabaseLocked, DatabaseReadOnly, InvalidInput, Unavailable
from runcast.store.migrations import find_phases, newest
from runcast.store.opening import open_store, sqlite_path
from runcast.store.sqlite.database import connect
from runcast.store.sqlite.migrate import APPLICATION_ID


def _open(path: Path) -> None:
    open_store(str(path), ManualClock()).close()


def test_a_new_file_gets_the_whole_schema(tmp_path: Path) -> None:
    path = tmp_path / "new" / "runcast.db"
    _open(path)
    connection = apsw.Connection(str(path))
    assert connection.pragma("user_version") == newest(find_phases("sqlite"))
    assert connection.pragma("application_id") == APPLICATION_ID
    assert connection.pragma("journal_mode") == "wal"
    connection.close()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "runcast.db"
    _open(path)
    before = path.read_bytes()
    _open(path)
    assert path.read_bytes() == before


def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = [phase.number for phase in find_phases("sqlite") if not phase.is_post]
    assert numbers == list(range(1, len(numbers) + 1))


def test_both_databases_have_the_same_migrations() -> None:
    assert [phase.key for phase in find_phases("sqlite")] == [phase.key for phase in find_phases("postgres")]


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runcast.db"
    _open(path)
    connection = apsw.Connection(str(path))
    connection.execute("pragma user_version = 999")
    connection.close()
    with pytest.raises(Unavailable, match=r"schema 999.*Upgrade"):
        _open(path)


@pytest.mark.parametrize(
    "change",
    [
        "update meta set value = '0123456789abcdef' where key = 'migration 1'",
        "delete from meta where key = 'migration 1'",
        "drop table meta",
    ],
)
def test_a_database_of_another_build_is_refused_and_left_as_it_was(tmp_path: Path, change: str) -> None:
    path = tmp_path / "runcast.db"
    _open(path)
    connection = apsw.Connection(str(path))
    connection.execute(change)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(
        Unavailable, match=r"runcast\.db was made by another build of Runcast: .*Keep it .* or delete it"
    ):
        _open(path)
    assert path.read_bytes() == before


def test_a_database_of_another_build_says_what_was_found_and_what_was_expected(tmp_path: Path) -> None:
    path = tmp_path / "runcast.db"
    _open(path)
    connection = apsw.Connection(str(path))
    connection.execute("update meta set value = '0123456789abcdef' where key = 'migration 1'")
    connection.close()
    ours = find_phases("sqlite")[0].digest[:12]
    with pytest.raises(Unavailable, match=f"has migration 1 as 0123456789ab, this build as {ours}"):
        _open(path)


def test_a_database_of_another_program_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = apsw.Connection(str(path))
    connection.execute("create table theirs (a); insert into theirs values (1)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(DatabaseCorrupt, match="another program"):
        _open(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"not a database at all, only some text that is long enough" * 40)
    before = path.read_bytes()
    with pytest.raises(DatabaseCorrupt, match="damaged or not a SQLite database"):
        _open(path)
    assert path.read_bytes() == before


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runcast.db"
    _open(path)
    data = bytearray(path.read_bytes())
    data[100:4096] = os.urandom(3996)
    path.write_bytes(bytes(data))
    with pytest.raises(DatabaseCorrupt):
        _open(path)


def test_a_directory_that_cannot_be_made_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseReadOnly, match="Check the directory's rights"):
        _open(tmp_path / "file" / "runcast.db")


def test_a_folder_that_is_gone_is_not_taken_for_missing_rights(tmp_path: Path) -> None:
    with pytest.raises(DatabaseReadOnly, match=r"gone is not there \(any more\)"):
        connect(str(tmp_path / "gone" / "runcast.db"))


def test_a_path_that_is_a_directory_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "runcast.db").mkdir()
    with pytest.raises(DatabaseReadOnly):
        _open(tmp_path / "runcast.db")


def test_a_second_engine_on_one_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runcast.db"
    first = open_store(str(path), ManualClock())
    try:
        with pytest.raises(DatabaseLocked, match=f"process {os.getpid()}"):
            open_store(str(path), ManualClock())
    finally:
        first.close()
    _open(path)


def test_a_refused_file_is_not_kept_locked(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"x" * 4096)
    for _ in range(2):
        with pytest.raises(DatabaseCorrupt):
            _open(path)


@pytest.mark.parametrize(
    ("database", "path"), [("sqlite:///a/b.db", "a/b.db"), ("a/b.db", "a/b.db"), (":memory:", ":memory:")]
)
def test_a_database_is_named_by_path_or_url(database: str, path: str) -> None:
    assert sqlite_path(database) == path


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not supported"):
        sqlite_path("postgresql://localhost/x")
