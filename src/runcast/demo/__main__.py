"""`python -m runcast.demo`: the options of the demo, and how it ends."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
from rich.console import Console

from runcast import RuncastError

try:
    from runcast.demo.companies import ROWS_MAX, read_companies, shipped
    from runcast.demo.drive import DEFAULT_DATABASE, DEFAULT_PACE_S, Plan, run_demo
    from runcast.demo.summary import render, to_json
    from runcast.demo.views import view_for
except ModuleNotFoundError as missing:
    raise SystemExit(f"The demo needs {missing.name}, which is not installed: pip install 'runcast[demo]'") from missing

INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rows", type=click.IntRange(1, ROWS_MAX), metavar="N", help="Only the first N rows of the list.")
@click.option("--fast", is_flag=True, help="No pace: as quickly as it goes.")
@click.option(
    "--pace",
    type=click.FloatRange(0, 60),
    default=DEFAULT_PACE_S,
    show_default=True,
    metavar="SECONDS",
    help="How long a look-up takes on average, to stand for a network.",
)
@click.option(
    "--csv",
    "csv_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A list of your own: company, website, city, state, chief_executive, and perhaps ticker.",
)
@click.option(
    "--database",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_DATABASE,
    show_default=True,
    metavar="FILE",
    help="The database; the result lies in a folder beside it.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end, for programs.")
def main(*, rows: int | None, fast: bool, pace: float, csv_path: Path | None, database: Path, as_json: bool) -> None:
    """Enrich a real list of companies, live in this terminal, without network.

    Kill it in the middle and start it again: it goes on where it was. Rows that cannot be enriched fail with a
    reason, and the demo still exits with 0.
    """
    console = Console()
    try:
        companies = read_companies(csv_path or shipped("companies.csv"), limit=rows or ROWS_MAX)
        plan = Plan(companies, pace_s=0.0 if fast else pace, database=database)
        summary = asyncio.run(run_demo(plan, view_for(console, as_json=as_json)))
    except (RuncastError, OSError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("Stopped. Start it again, and it goes on where it was.", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(to_json(summary))
    else:
        console.print(render(summary, console), crop=False)


if __name__ == "__main__":
    main(prog_name="python -m runcast.demo")
