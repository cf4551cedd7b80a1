"""`runcast db info`: how large the database is, and what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from runcast.cli.command import Command, database_option
from runcast.cli.connect import existing_database
from runcast.cli.output import console, print_json
from runcast.cli.shared import shared_database
from runcast.domain.durations import duration_text

if TYPE_CHECKING:
    from runcast.store.postgres.upkeep import DatabaseInfo as SharedInfo
    from runcast.store.sqlite.upkeep import DatabaseInfo

OLD_TRANSACTION_MS = 300_000
"""A transaction that is open for longer keeps autovacuum from its work."""
WORTH_VACUUM = 0.25
"""Free share of a file from which giving it back is worth a pause."""


@click.command(cls=Command, examples=(("runcast db info --json | jq .free_bytes", "for a program that watches"),))
@database_option
def info(database: str | None, as_json: bool) -> None:
    """Show the size of the database, the rows of each table, free space and schema.

    Reads beside whoever has it open. Counting takes a while in a large file; of a large table in PostgreSQL the server's
    estimate is told, and beside sizes who is connected and how old the oldest transaction is.
    """
    if (url := shared_database(database)) is not None:
        show_shared(url, as_json=as_json)
        return
    from runcast.store.sqlite.upkeep import inspect

    found = inspect(existing_database(database))
    if as_json:
        print_json(msgspec.to_builtins(found) | {"fragmentation": round(found.fragmentation, 4)})
    else:
        _print(found)


def size(number: int) -> str:
    """Bytes as a person reads them.

    >>> [size(number) for number in (0, 999, 4_096, 12_345_678)]
    ['0 B', '999 B', '4.1 kB', '12.3 MB']
    """
    if number < 1000:
        return f"{number} B"
    value, units = number / 1000, ["kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.1f} {units[0]}"


def _print(found: DatabaseInfo) -> None:
    from rich.table import Table

    out = console()
    out.print(found.path, style="bold", soft_wrap=True)
    out.print(f"{size(found.file_bytes)}, {size(found.log_bytes)} log, schema {found.schema}")
    out.print(f"{size(found.free_bytes)} free ({found.fragmentation:.0%}); new rows take it first")
    if found.fragmentation > WORTH_VACUUM:
        out.print(
            "to give it back to the disk: stop the engine, then runcast db vacuum", style="yellow", soft_wrap=True
        )
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    table.add_column("Table")
    table.add_column("Rows", justify="right")
    for row in sorted(found.tables, key=lambda table: -table.rows):
        table.add_row(row.name, f"{row.rows:,}")
    out.print()
    out.print(table)


def show_shared(url: str, *, as_json: bool) -> None:
    """What is in a PostgreSQL, and who is there."""
    from runcast.store.postgres.upkeep import inspect

    found = inspect(url)
    if as_json:
        print_json(found)
    else:
        _print_shared(found)


def _print_shared(found: SharedInfo) -> None:
    from rich.table import Table

    out = console()
    out.print(found.database, style="bold", soft_wrap=True)
    out.print(f"PostgreSQL {found.server}, {size(found.bytes)} in schema {found.search_path}, schema {found.schema}")
    out.print(f"{found.connections} of {found.connections_max} connections")
    if found.oldest_transaction_ms > OLD_TRANSACTION_MS:
        since = duration_text(found.oldest_transaction_ms)
        out.print(f"a transaction is open for {since}: nothing deleted since can be taken away", style="yellow")
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    table.add_column("Table")
    for name in ("Rows", "Size", "Dead rows"):
        table.add_column(name, justify="right")
    for row in sorted(found.tables, key=lambda table: -table.bytes):
        table.add_row(row.name, f"{'≈ ' if row.estimated else ''}{row.rows:,}", size(row.bytes), f"{row.dead_rows:,}")
    out.print()
    out.print(table)
