"""`runcast db backup`, `prune`, `migrate` and `vacuum`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from runcast.cli import exits
from runcast.cli.command import Command, database_option
from runcast.cli.connect import database_path, existing_database, with_gateway
from runcast.cli.db_info import size
from runcast.cli.look import moment, now_ms
from runcast.cli.output import console, note, print_json
from runcast.cli.shared import refuse_shared, shared_database
from runcast.domain.durations import duration_ms
from runcast.domain.errors import InvalidInput
from runcast.domain.masked import masked
from runcast.gateway import ClientGateway

_BACKUP = (
    "{name} is a PostgreSQL, whose server makes backups: pg_dump --format=custom --file=runcast.dump{schema} '{name}' "
    "copies one committed state while everything runs, pg_restore puts it back; for the last minute too, use "
    "pg_basebackup with an archive of the log, or what your provider has"
)
_VACUUM = (
    "{name} is a PostgreSQL, which takes deleted rows away by itself (autovacuum; `runcast db info` shows what is left). "
    "To give space back to the disk after a large prune, with the engines stopped: psql '{name}' -c 'vacuum (full, analyze)'"
)


@click.command(
    cls=Command,
    examples=(
        ("runcast db backup /backups/runcast.db", "while everything runs"),
        ("runcast db backup latest.db --force && runcast doctor latest.db", "replace the last one, then check it"),
    ),
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@database_option
def backup(file: Path, force: bool, database: str | None, as_json: bool) -> None:
    """Copy the database to FILE, consistently, while engine and workers go on.

    FILE is one committed state, with everything in it: runs, journals, streams, artifacts. It appears when it is whole
    and was found sound. To restore, stop the engine and put it in the place of the database.
    """
    refuse_shared(database, _BACKUP)
    from runcast.store.sqlite.upkeep import backup as copy

    path = existing_database(database)
    number = copy(path, file, overwrite=force, on_progress=_show_progress if sys.stderr.isatty() else None)
    if as_json:
        print_json({"database": str(path), "backup": str(file), "bytes": number})
    else:
        console().print(f"✓ {size(number)} in {file}", soft_wrap=True)


def _show_progress(copied: int, pages: int) -> None:
    sys.stderr.write(f"\r{100 * copied // max(1, pages)} %")
    if copied == pages:
        sys.stderr.write("\r\x1b[K")


@click.command(
    cls=Command,
    examples=(("runcast db prune --older-than 7d --yes", "keep a week"),),
)
@click.option("--older-than", required=True, metavar="DURATION", help="Runs that ended longer ago than 12h, 30d, … go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def prune(older_than: str, yes: bool, database: str | None, as_json: bool) -> int:
    """Remove finished root runs with everything below them. Live runs, and what they need, are never touched.

    The engine does the same by itself after `retention` (30 days), so this is for once. It may be interrupted at any
    time. The file does not shrink: new rows take the space (see `runcast db vacuum`).
    """
    before = now_ms() - duration_ms(older_than, name="--older-than")
    if not yes and not _confirmed(f"Remove everything that ended before {moment(before)}?"):
        return exits.FAILED

    async def work(gateway: ClientGateway) -> int:
        gone = 0
        while piece := await gateway.prune(before):
            gone += piece
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{gone:,} runs\r")
        return gone

    gone = with_gateway(database, work)
    if as_json:
        print_json({"pruned": gone, "before": before})
    else:
        console().print(f"✓ {gone:,} {'run' if gone == 1 else 'runs'} removed")
    return exits.OK


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise InvalidInput("nobody can be asked here: say --yes")
    return click.confirm(question, err=True)


@click.command(
    cls=Command,
    examples=(("runcast db migrate", "after an upgrade, before the engine starts; it would do it by itself"),),
)
@database_option
def migrate(database: str | None, as_json: bool) -> None:
    """Bring the database's schema to this release; make the file, or the tables in PostgreSQL, if they are not there.

    An engine does this when it starts. By itself it shows, before anything runs, whether it works. Make a backup first:
    an older release does not open a newer schema.
    """
    if (url := shared_database(database)) is not None:
        from runcast.store.postgres import upkeep

        place = masked(url)
        brought = upkeep.bring_up_to_date(url)
        before, after, unfinished, older = brought.before, brought.after, brought.unfinished, brought.older
    else:
        from runcast.store.sqlite.upkeep import bring_up_to_date

        path = database_path(database)
        place = str(path)
        before, after = bring_up_to_date(path)
        unfinished = older = 0
    if as_json:
        print_json(
            {
                "database": place,
                "before": before,
                "after": after,
                "unfinished": unfinished,
                "older_connections": older,
            }
        )
        return
    if before == after:
        console().print(f"✓ {place} has schema {after} already", soft_wrap=True)
    else:
        console().print(f"✓ {place} went from schema {before} to {after}", soft_wrap=True)
    if unfinished:
        note(
            f"{older} connections of an older release are open: when those processes have ended, `runcast db migrate` "
            "(or the next engine that starts) finishes"
        )


@click.command(cls=Command, examples=(("runcast db vacuum", "with the engine stopped"),))
@database_option
def vacuum(database: str | None, as_json: bool) -> None:
    """Write the database anew without free space. The engine must be stopped; it needs as much space again, meanwhile.

    Seldom needed: free space is taken by new rows. Worth it after a large `prune`, once.
    """
    refuse_shared(database, _VACUUM)
    from runcast.store.sqlite.upkeep import vacuum as rewrite

    path = existing_database(database)
    if not as_json:
        note(f"rewriting {path} …")
    before, after = rewrite(path)
    if as_json:
        print_json({"database": str(path), "before_bytes": before, "after_bytes": after})
    else:
        console().print(f"✓ {size(before)} before, {size(after)} now")
