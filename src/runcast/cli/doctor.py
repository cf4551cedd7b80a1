"""`runcast doctor`: check a database against the engine's invariants."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runcast.cli import exits
from runcast.cli.command import Command, database_option
from runcast.cli.connect import existing_database
from runcast.cli.look import printable
from runcast.cli.output import console, print_json
from runcast.cli.shared import shared_database
from runcast.domain.masked import masked

if TYPE_CHECKING:
    from runcast.store.doctor import Finding

EXAMPLES = (
    ("runcast doctor", "the project's database; an engine may be running on it"),
    ("runcast doctor backup.db --json", "a copy, for a program"),
    ("runcast doctor postgresql://ada@db.example.com/shop", "a shared database, beside its engines"),
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("file", metavar="[DATABASE]", required=False)
@database_option
def doctor(file: str | None, database: str | None, as_json: bool) -> int:
    """Check DATABASE, or that of the settings, against the laws that hold in every committed state.

    Reads whole tables and changes nothing. Exit code 0 when every law holds, 1 when one does not.
    """
    from runcast.store.doctor import LAWS

    if file is not None and database is not None:
        raise click.UsageError("give the database once: as DATABASE, or as --database")
    url = shared_database(file or database)
    place = masked(url) if url else str(existing_database(file or database))
    findings = _examine_shared(url) if url else _examine(Path(place))
    if as_json:
        for finding in findings:
            print_json(finding)
        print_json({"database": place, "laws": len(LAWS), "broken": len(findings)})
        return exits.FAILED if findings else exits.OK
    out = console()
    for finding in findings:
        out.print(f"✕ {finding.law}", style="red", soft_wrap=True)
        for subject in finding.subjects:
            out.print(f"    {printable(subject)}", soft_wrap=True)
    if findings:
        out.print(f"{len(findings)} of {len(LAWS)} laws are broken in {place}. Keep a copy of it and report this.")
        return exits.FAILED
    out.print(f"✓ all {len(LAWS)} laws hold in {place}", style="green", soft_wrap=True)
    return exits.OK


def _examine_shared(url: str) -> list[Finding]:
    """Read beside its engines, in one read transaction."""
    from runcast.store.doctor import examine
    from runcast.store.postgres.beside import read_beside

    return read_beside(url, examine)


def _examine(path: Path) -> list[Finding]:
    """Read beside whoever has the file open: in its own read transaction, so of one committed state."""
    from runcast.store.doctor import check
    from runcast.store.sqlite.beside import reading
    from runcast.store.sqlite.migrate import check_schema

    findings: list[Finding] = []
    with reading(path) as connection:
        check_schema(connection, str(path))
        findings += check(connection)
    return findings
