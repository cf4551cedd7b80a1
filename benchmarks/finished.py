"""Fills a database with finished runs: copies of one real run, with every row that it left behind."""

from __future__ import annotations

import os
import random
import sqlite3
from pathlib import Path

from runcast.domain.ids import make_id

APART_MS = 1_000
"""Between two copies: a million of them are 11.6 days of work, younger than the retention."""
_CACHE_KIB = 512 * 1024


def copy_finished_run(path: Path, count: int) -> None:
    """Add `count` copies of the newest finished run, each with an id and times of its own, before the original's.

    Nobody may have the file open. Ids ascend with time, as real ones do.
    """
    database = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = off", "synchronous = off", f"cache_size = -{_CACHE_KIB}", "temp_store = memory"):
            database.execute(f"pragma {pragma}")
        _copy(database, count)
        database.execute("pragma journal_mode = wal")
    finally:
        database.close()
    # A gigabyte that the system still has to write would be written while others are measured.
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _copy(database: sqlite3.Connection, count: int) -> None:
    original, created_at = database.execute(
        "select id, created_at from runs where status = 'COMPLETED' and batch_id is null order by id desc limit 1"
    ).fetchone()
    chance = random.Random(count)
    ids = (
        (make_id("run", at_ms=created_at - before * APART_MS, chance=chance.getrandbits(55)), before * APART_MS)
        for before in range(count, 0, -1)
    )
    database.execute("begin")
    database.execute("create temp table copies (id text, before_ms integer)")
    database.executemany("insert into copies values (?, ?)", ids)
    for (table,) in database.execute("select name from pragma_table_list where schema = 'main' and type = 'table'"):
        _copy_rows(database, table, original)
    _tally(database)
    database.execute("commit")


def _copy_rows(database: sqlite3.Connection, table: str, original: str) -> None:
    """The original's rows of one table, once for each copy: its id replaced, its times moved, its sequence continued."""
    columns = database.execute("select name, type, pk from pragma_table_info(?)", (table,)).fetchall()
    owner = "id" if table == "runs" else "run_id"
    if owner not in {name for name, _, _ in columns}:
        return
    sequences = {name for name, kind, key in columns if key and kind.lower() == "integer" and len(_keys(columns)) == 1}
    kept = [name for name, _, _ in columns if name not in sequences]
    values = ", ".join(_value(name) for name in kept)
    database.execute(
        f"insert into {table} ({', '.join(kept)}) "
        f"select {values} from copies cross join {table} as t where t.{owner} = :original order by copies.rowid",
        {"original": original},
    )


def _tally(database: sqlite3.Connection) -> None:
    """Count all that ended anew."""
    database.execute("delete from tallies")
    database.execute(
        "insert into tallies "
        "select environment, span_ms, created_at / span_ms * span_ms, task, status, count(*) "
        "from runs cross join (select 60000 as span_ms union all select 900000 union all select 3600000) "
        "where finished_at is not null group by 1, 2, 3, 4, 5"
    )


def _keys(columns: list[tuple[str, str, int]]) -> list[str]:
    return [name for name, _, key in columns if key]


def _value(column: str) -> str:
    """The copy's value of a column."""
    if column.endswith("_at"):
        return f"t.{column} - copies.before_ms"
    return f"case when t.{column} = :original then copies.id else t.{column} end"
