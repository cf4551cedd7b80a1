"""`runcast runs list`: runs, newest first."""

from __future__ import annotations

from typing import Any

import click
from rich.text import Text

from runcast.cli.command import Command, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.filters import filter_options, run_filter
from runcast.cli.followed import progress_of
from runcast.cli.look import ago, badge, bar, duration, elapsed_ms, failure_line, now_ms, printable, short_id
from runcast.cli.outline import about
from runcast.cli.output import console, is_plain, print_json, run_record
from runcast.domain.run import Run
from runcast.gateway import ClientGateway, RunFilter, RunPage

LIMIT = 20
LIMIT_MAX = 1_000
WIDE = 110
"""Terminals of this many columns get whole ids."""
WIDEST = 10_000
"""Columns in which every table of a page finds room."""
BAR_CELLS = 10

EXAMPLES = (
    ("runcast runs list --status failed --since 24h", "what went wrong today"),
    ("runcast runs list --task enrich --all --limit 100", "children too"),
    ("runcast runs list --status live --json | jq -r .id", "ids of everything that is not finished"),
)


@click.command(cls=Command, name="list", examples=EXAMPLES)
@filter_options
@click.option("--limit", default=LIMIT, show_default=True, type=click.IntRange(1, LIMIT_MAX))
@click.option("--cursor", metavar="TEXT", help="Continue after a page; the last JSON line or the footer has it.")
@database_option
def list_runs(limit: int, cursor: str | None, database: str | None, as_json: bool, **filters: Any) -> None:
    """List runs, newest first.

    With --json: a line per run, then {"cursor": …} when there are more.
    """
    wanted = run_filter(**filters)

    async def work(gateway: ClientGateway) -> RunPage:
        return await gateway.list_runs(wanted, cursor=cursor, limit=limit)

    page = with_gateway(database, work)
    if not as_json:
        _print_page(page, filtered=wanted != RunFilter(roots_only=True))
        return
    for run in page.runs:
        print_json(run_record(run))
    if page.cursor is not None:
        print_json({"cursor": page.cursor})


def _print_page(page: RunPage, *, filtered: bool) -> None:
    from rich.table import Table

    out = console()
    if not page.runs:
        out.print("No runs match." if filtered else "No runs yet. Start one: runcast trigger TASK '{…}' --follow")
        return
    wide = out.width >= WIDE
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0), expand=out.is_terminal)
    table.add_column("Status", no_wrap=True)
    table.add_column("Task", no_wrap=True, overflow="ellipsis", max_width=48)
    table.add_column("Run", no_wrap=True, style="bright_black")
    table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("Took", no_wrap=True, justify="right")
    table.add_column("Created", no_wrap=True, justify="right", style="bright_black")
    now = now_ms()
    for run in page.runs:
        elapsed = elapsed_ms(run, now)
        table.add_row(
            badge(run.shown, outcome=run.outcome, plain=is_plain(out)),
            _name(run),
            run.id if wide else short_id(run.id),
            _remark(run, plain=is_plain(out)),
            "" if elapsed is None else duration(elapsed),
            ago(run.created_at, now),
        )
    # Only an expanded table cuts the remark alone; else every column would pay for a long reason in a pipe.
    table.expand = table.expand or table.__rich_measure__(out, out.options.update(width=WIDEST)).maximum > out.width
    out.print(table)
    if page.cursor is not None:
        out.print(f"more: --cursor {page.cursor}", style="bright_black")


def _name(run: Run) -> Text:
    return Text(printable(run.task)).append(f" {about(run)}".rstrip(), style="bright_black")


def _remark(run: Run, *, plain: bool) -> Text:
    """The failure's reason, or progress, or counts, or the tags: whatever tells most."""
    reason = failure_line(run)
    if reason:
        return Text(reason, style="red" if run.is_final else "yellow")
    progress = progress_of(run)
    if progress.percent is not None and not run.is_final:
        return bar(progress.percent, BAR_CELLS, plain=plain).append(
            f" {progress.percent:.0f}% {progress.step}", "default"
        )
    if run.counts is not None:
        failed = f", {run.counts.failed:,} failed" if run.counts.failed else ""
        return Text(f"{run.counts.ok:,} ok{failed}", style="bright_black")
    return Text(printable(" ".join(f"#{tag}" for tag in run.tags)), style="bright_black")
