"""`runcast journals`: keep what real runs recorded, and ask new code whether it would go on with it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from runcast.cli import exits
from runcast.cli.command import Command, Lazy, LazyGroup, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.find import find_run
from runcast.cli.look import printable
from runcast.cli.output import console, print_json
from runcast.gateway import ClientGateway

if TYPE_CHECKING:
    from runcast.testing.compatible import Verdict

COMMANDS = {
    "record": Lazy("runcast.cli.journals:record", "Commands", "Write the journals of runs to files."),
    "check": Lazy("runcast.cli.journals:check", "Commands", "Ask new code whether it goes on with recorded runs."),
}
_MARKS = {"same": ("✓", "green"), "new": ("+", "yellow"), "lost": ("✕", "red"), "parked": ("✕", "red")}


@click.group(
    cls=LazyGroup, lazy=COMMANDS, examples=(("runcast journals check app.py golden/", "may this version be deployed?"),)
)
def journals() -> None:
    """Golden journals: what real runs recorded, checked against new code before it is deployed."""


@click.command(
    cls=Command,
    examples=(("runcast journals record latest 8f2kqa3m --out golden/", "two runs, a file for each"),),
)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default="golden", show_default=True)
@click.option("--tree", is_flag=True, help="With everything below each run.")
@database_option
def record(runs: tuple[str, ...], out: Path, tree: bool, database: str | None, as_json: bool) -> None:
    """Write the journals of RUNs to files in a folder, for `runcast journals check`.

    The files hold payloads and results: what must not be in your repository must not be in them.
    """
    from runcast.domain.limits import PAGE_ROWS_MAX
    from runcast.gateway import RunFilter
    from runcast.testing.golden import record_golden, write_golden

    async def work(gateway: ClientGateway) -> list[Path]:
        found = {run.id: run for run in [await find_run(gateway, typed) for typed in runs]}
        if tree:
            for root in [run.root_id or run.id for run in found.values()]:
                page = await gateway.list_runs(RunFilter(root_id=root), limit=PAGE_ROWS_MAX)
                found |= {run.id: run for run in page.runs}
        return [write_golden(await record_golden(gateway, run), out) for run in found.values()]

    for file in with_gateway(database, work):
        if as_json:
            print_json({"file": str(file)})
        else:
            console().print(f"wrote {printable(str(file))}", soft_wrap=True)


@click.command(
    cls=Command,
    examples=(
        ("runcast journals check app.py golden/", "in CI: exits with 1 when a run would not go on"),
        ("runcast journals check app.py golden/ --allow-new --json", "more calls at the end are fine; for a program"),
    ),
)
@click.argument("app")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--allow-new", is_flag=True, help="Code may ask for more than was recorded.")
def check(app: str, paths: tuple[Path, ...], allow_new: bool, as_json: bool) -> int:
    """Execute the bodies of APP over the journals in PATHs, and compare what they ask for.

    Steps, children and effects are not executed; what a body does between its durable calls is. A body is followed up to
    the first call that was not recorded. Exit code 1 when a run would be parked, would fail, or would do again what is
    done.
    """
    from runcast.sdk.registry import load_app, registry
    from runcast.testing.compatible import check_journals
    from runcast.testing.golden import read_golden

    load_app(app)
    found = read_golden(paths)
    verdicts = asyncio.run(check_journals([golden for _, golden in found], registry))
    failed = [verdict for verdict in verdicts if not verdict.holds(allow_new=allow_new)]
    for (file, _), verdict in zip(found, verdicts, strict=True):
        if as_json:
            print_json(
                {"file": str(file), "holds": verdict.holds(allow_new=allow_new), **msgspec.structs.asdict(verdict)}
            )
        else:
            _print_verdict(file, verdict)
    if not as_json:
        console().print(f"{len(verdicts) - len(failed)} of {len(verdicts)} recorded runs go on under this code")
    return exits.FAILED if failed else exits.OK


def _print_verdict(file: Path, verdict: Verdict) -> None:
    out = console()
    mark, style = _MARKS.get(verdict.verdict, ("✕", "red"))
    out.print(
        f"{mark} {printable(file.name)} {verdict.verdict}: {printable(verdict.reason)}", style=style, soft_wrap=True
    )
    for note in verdict.notes:
        out.print(f"    {printable(note)}", soft_wrap=True)
    if verdict.verdict != "same":
        for number, key in enumerate(verdict.asked, 1):
            out.print(
                f"    {number}. {printable(key)}{' (not recorded)' if key in verdict.new else ''}", soft_wrap=True
            )
