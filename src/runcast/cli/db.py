"""`runcast db`: the table of its commands."""

from __future__ import annotations

import click

from runcast.cli.command import Lazy, LazyGroup

COMMANDS = {
    "info": Lazy("runcast.cli.db_info:info", "Look", "Show size, rows per table, free space, schema."),
    "backup": Lazy("runcast.cli.db_care:backup", "Act", "Copy the database while it is in use."),
    "copy": Lazy("runcast.cli.db_copy:copy", "Act", "Move a project into another database, runs in flight and all."),
    "prune": Lazy("runcast.cli.db_care:prune", "Act", "Remove finished runs that are older than …"),
    "migrate": Lazy("runcast.cli.db_care:migrate", "Act", "Bring the schema to this release."),
    "vacuum": Lazy("runcast.cli.db_care:vacuum", "Act", "Give free space back to the disk."),
}

EXAMPLES = (
    ("runcast db backup /backups/runcast-$(date +%F).db", "a consistent copy, while everything runs"),
    ("runcast db info", "what takes the space"),
)


@click.group(cls=LazyGroup, lazy=COMMANDS, examples=EXAMPLES)
def db() -> None:
    """The database: look at it, copy it, keep it small."""
