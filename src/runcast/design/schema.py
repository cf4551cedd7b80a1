"""Writes the reference page of the database from the migrations: tables, columns, indexes, and how rows refer to others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from runcast.design.reference import MADE
from runcast.store.sqlite.database import connect
from runcast.store.sqlite.migrate import migrate

if TYPE_CHECKING:
    import apsw

_INTRO = """\
Everything is in one SQLite file. You may read it with any tool, beside a running engine (`sqlite3 -readonly`, WAL mode): the
tables below are what `runcast` itself reads. Write to it only through Runcast: the engine keeps some of it in memory.

Times are integers, milliseconds since the epoch (`…_at`); durations end with `_ms`; payloads, outputs, metadata and tags
are JSON texts. Ids sort by their time. The schema may change with a release, by a numbered migration (see
[upgrade](../operations/upgrade.md))."""

_PURPOSES = {
    "alert_attempts": "Tries at deliveries, with what came of each.",
    "alert_channels": "Where alerts are told: webhooks, e-mail, Slack. What they say is encrypted.",
    "alert_deliveries": "Events on their way to channels.",
    "alert_events": "What alerts found, each with the run that handles it.",
    "alerts": "Rules for what fails, parks, is slow or piles up.",
    "api_keys": "Keys to the HTTP API, by digest: what admits is kept nowhere.",
    "app_migrations": "Which migrations of apps (extensions) were applied.",
    "answers": "Answers to requests that may be sent again.",
    "applied": "How many effects of a scope were applied: a re-executed effect does nothing.",
    "artifacts": "Stored results that a person looks at, with their bytes, or the digest of those in the blob store.",
    "attempts": "Tries at a run that ended before its last.",
    "batch_errors": "Items of batches that became no run, by position.",
    "batch_members": "The runs of a batch, by position.",
    "batches": "Runs triggered together.",
    "blobs": "Values that are too large for their row, by digest.",
    "bulk_actions": "Many runs to be canceled or replayed, and how far that is.",
    "bulk_runs": "What bulk actions canceled, or made.",
    "changes": "The feed: every committed change of a run, in order.",
    "debounces": "Runs that triggers of one key push back.",
    "duties": "Which of several engines does what one is enough for, and until when.",
    "file_parts": "Parts of files: the bytes, or the object in the blob store that has them.",
    "files": "Files by path, uploads that are not finished, and payloads on their way to a trigger.",
    "idempotency": "Which run a key stands for, and until when.",
    "inbox": "Messages to runs.",
    "journal": "What runs recorded: steps, children, waits, decisions.",
    "logs": "Log lines of runs.",
    "meta": "Facts about this database, such as the digests of its migrations.",
    "objects": "What lies in the blob store, and what of it is to be deleted.",
    "parts": "Parts of streams.",
    "people": "Who may sign in, with the argon2id hashes of their passwords.",
    "projects": "Projects beside the default one, whose environments are `project/slug`.",
    "public_tokens": "Public tokens that were asked for, until they end, and those that were revoked; a token itself is kept nowhere.",
    "queues": "Queues with their limits and clocks.",
    "relayed": "What outboxes handed over within the last day, so that it is done once.",
    "tallies": "How many ended runs were created in each minute, quarter and hour, by task and status.",
    "run_tags": "Runs by tag: an index of what `runs.tags` says.",
    "runs": "Runs. Partial indexes on live statuses keep the hot set small: cost does not grow with history.",
    "saved_views": "Filters of lists under a name, for everybody in an environment.",
    "schedule_ticks": "What became of each tick of a schedule.",
    "schedules": "Cron rules with their policies.",
    "secrets": "What the instance signs and encrypts with, if no setting says it.",
    "sign_ins": "Who is signed in, by the digest of what the browser holds.",
    "tasks": "What workers told of their tasks.",
    "transacted": "Transactions of apps that were applied.",
    "used_tokens": "One-time tokens that were used.",
    "tries": "Tries of steps that take a while, or were followed by another.",
    "usage": "What runs used and cost.",
    "variables": "Environment variables of workers, encrypted.",
    "waits": "What runs wait for from people and programs.",
    "workers": "Workers with their leases.",
}
"""A sentence for each table; a table without one has none on the page."""

_REFERS = {
    "run_id": "runs",
    "parent_id": "runs",
    "root_id": "runs",
    "resumed_from": "runs",
    "continued_by": "runs",
    "batch_id": "batches",
    "file_id": "files",
    "worker_id": "workers",
    "schedule_id": "schedules",
    "channel_id": "alert_channels",
    "delivery_id": "alert_deliveries",
    "person_id": "people",
}
"""Columns that hold another row's id. SQLite does not check them; `runcast doctor` does."""
_KEY_COLUMNS_SHOWN = 6


class Column(msgspec.Struct, frozen=True):
    """A column as SQLite describes it."""

    name: str
    type: str
    required: bool
    default: str | None
    key: bool


def schema_page() -> str:
    """Tables with their columns and indexes, below a diagram."""
    connection = connect(":memory:")
    migrate(connection, ":memory:")
    names = [str(name) for (name,) in connection.execute(_TABLES)]
    tables = {name: _columns(connection, name) for name in names}
    diagram = f"```mermaid\n{_diagram(tables)}\n```"
    sections = [_section(connection, name, columns) for name, columns in tables.items()]
    return "\n".join([f"# Database\n\n{MADE}\n\n{_INTRO}\n\n{diagram}\n", *sections])


_TABLES = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name"


def _columns(connection: apsw.Connection, table: str) -> list[Column]:
    rows = connection.execute('select name, type, "notnull", dflt_value, pk from pragma_table_info(?)', (table,))
    return [
        Column(str(name), str(kind).lower(), bool(required), None if default is None else str(default), bool(key))
        for name, kind, required, default, key in rows
    ]


def _diagram(tables: dict[str, list[Column]]) -> str:
    """Mermaid: each table's key, and an arrow for each column that refers to another table."""
    lines = ["erDiagram"]
    for table, columns in tables.items():
        for column in columns:
            target = _REFERS.get(column.name)
            if target in tables and not (target == table and column.name == "root_id"):
                lines.append(f'    {target} ||--o{{ {table} : "{column.name}"')
        keys = [column for column in columns if column.key][:_KEY_COLUMNS_SHOWN]
        lines += [f"    {table} {{", *(f"        {column.type} {column.name} PK" for column in keys), "    }"]
    return "\n".join(lines)


def _section(connection: apsw.Connection, table: str, columns: list[Column]) -> str:
    rows = [f"| `{column.name}` | {column.type} | {_notes(table, column)} |" for column in columns]
    indexes = connection.execute(
        "select sql from sqlite_schema where type = 'index' and tbl_name = ? and sql is not null order by name",
        (table,),
    )
    texts = [" ".join(str(sql).split()) for (sql,) in indexes]
    parts = [f"## `{table}`\n", _PURPOSES.get(table, ""), "", "| column | type | |", "|---|---|---|", *rows, ""]
    if texts:
        parts += ["```sql", *(re.sub(r"(?i)^create (unique )?index", _lowered, text) for text in texts), "```", ""]
    return "\n".join(parts)


def _lowered(found: re.Match[str]) -> str:
    return found[0].lower()


def _notes(table: str, column: Column) -> str:
    target = _REFERS.get(column.name)
    notes = [
        "key" if column.key else "",
        "" if column.required or column.key else "may be null",
        f"default {column.default}" if column.default is not None else "",
        f"of `{target}`" if target and not (column.key and target == table) else "",
    ]
    return ", ".join(note for note in notes if note)
