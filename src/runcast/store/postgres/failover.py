"""Notices that a stand-by took over that had not heard everything, or that a backup was restored.

PostgreSQL then goes on, on a new timeline, from a state before the last that engines and programs saw: it would give
numbers of the feed and epochs of runs once more, and whoever knows the first of them would take the second for it. So each
timeline begins at numbers that none before it reached, and every worker introduces itself anew.
"""

from __future__ import annotations

import logging

import psycopg

_TIMELINE = """
select left(pg_walfile_name(pg_current_wal_lsn()), 8), (select value from meta where key = 'timeline')"""
_LOCK = "select pg_advisory_xact_lock(hashtextextended('runcast writer ' || current_schema(), 0))"
_FEED_GAP = 1_000_000
"""More facts than a stand-by that is promoted may lack."""
_EPOCH_GAP = 1_000
"""More often than a run is claimed in that time."""
_APART = (
    f"select setval('changes_seq_seq', last_value + {_FEED_GAP}) from changes_seq_seq",
    f"update runs set epoch = epoch + {_EPOCH_GAP} where finished_at is null",
    # A lease of 0 is not renewed: what a worker has, and what the database says that it has, may differ.
    "update workers set lease_until = 0 where stopped_at is null",
)
_KEEP = "insert into meta (key, value) values ('timeline', %s) on conflict (key) do update set value = excluded.value"
log = logging.getLogger("runcast.store")


def notice_failover(connection: psycopg.Connection, name: str) -> None:
    """Compare the server's timeline with that of the last connection, and move apart from it if it is another."""
    try:
        now, before = _look(connection)
        if now == before:
            return
        with connection.transaction():
            connection.execute(_LOCK)
            # Of several engines that come back one does it.
            now, before = _look(connection)
            if now == before:
                return
            if before is not None:
                for statement in _APART:
                    connection.execute(statement.encode())
            connection.execute(_KEEP, (now,))
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege) as error:
        log.info("%s does not tell its timeline: %s", name, error)
        return
    if before is not None:
        log.warning(
            "%s goes on from an earlier state: a stand-by took over, or a backup was restored. What was acknowledged last may "
            "be gone; workers begin anew",
            name,
        )


def _look(connection: psycopg.Connection) -> tuple[str, str | None]:
    row = connection.execute(_TIMELINE).fetchone()
    assert row is not None
    return str(row[0]), row[1]
