"""`runcast runs show` and `runcast runs logs`: one run as it is now."""

from __future__ import annotations

import click
import msgspec

from runcast.cli.command import Command, database_option
from runcast.cli.complete import complete_run
from runcast.cli.connect import with_gateway
from runcast.cli.find import find_run
from runcast.cli.follow import follow_once
from runcast.cli.followed import Followed, LogLine
from runcast.cli.output import console, is_plain, print_json, run_record
from runcast.cli.spent import print_usage, usage_record
from runcast.domain.effect import Artifact, Log
from runcast.domain.ids import RunId
from runcast.domain.run import Run
from runcast.domain.usage import RunUsage
from runcast.gateway import ClientGateway

PAGE = 1_000


@click.command(cls=Command, examples=(("runcast runs show latest --json | jq .output", "its output, for a program"),))
@click.argument("run_id", metavar="RUN", shell_complete=complete_run)
@database_option
def show(run_id: str, database: str | None, as_json: bool) -> None:
    """Show RUN: what it was asked, how it stands, its steps and children, its error and what to do next."""

    async def work(gateway: ClientGateway) -> tuple[Followed, list[Artifact], RunUsage]:
        run = await find_run(gateway, run_id)
        followed = await follow_once(gateway, run)
        return followed, list(await gateway.artifacts(run.id)), await gateway.usage(run.id)

    followed, artifacts, usage = with_gateway(database, work)
    run = followed.run
    assert run is not None
    if as_json:
        journal = [msgspec.structs.asdict(entry) for entry in followed.entries.get(run.id, ())]
        children = [child.id for child in followed.children(run.id)]
        print_json(
            run_record(run)
            | {"journal": journal, "children": children, "artifacts": artifacts}
            | {"usage": usage_record(usage)}
        )
        return
    _print_run(run, followed)
    print_usage(console(), usage)


def _print_run(run: Run, followed: Followed) -> None:
    from runcast.cli.look import now_ms
    from runcast.cli.report import print_run
    from runcast.cli.tree import Page, draw_tree

    out = console()
    print_run(out, run)
    tree = draw_tree(followed, Page(out.width, rows=None, plain=is_plain(out)), now=now_ms())
    if tree.plain:
        out.print()
        out.print(tree)


@click.command(
    cls=Command,
    examples=(
        ("runcast runs logs latest", "the newest run's logs, with those of its children"),
        ("runcast runs logs 8f2kqa3m --own --json", "only its own, for a program"),
    ),
)
@click.argument("run_id", metavar="RUN", shell_complete=complete_run)
@click.option("--own", is_flag=True, help="Without the logs of its children.")
@database_option
def logs(run_id: str, own: bool, database: str | None, as_json: bool) -> None:
    """Print the logs of RUN and of everything below it, in order of time."""

    async def work(gateway: ClientGateway) -> tuple[Followed, list[LogLine]]:
        run = await find_run(gateway, run_id)
        followed = await follow_once(gateway, run)
        family = [run.id] if own else list(followed.family())
        lines = [LogLine(member, log) for member in family for log in await all_logs(gateway, member)]
        return followed, sorted(lines, key=lambda line: line.log.at)

    followed, lines = with_gateway(database, work)
    if as_json:
        for line in lines:
            print_json({"run_id": line.run_id, **msgspec.structs.asdict(line.log)})
        return
    from runcast.cli.tree import log_text

    out = console()
    for line in lines:
        out.print(log_text(line, followed), soft_wrap=True)


async def all_logs(gateway: ClientGateway, run_id: RunId) -> list[Log]:
    """Every line of one run, however many pages they are."""
    found: list[Log] = []
    while page := await gateway.logs(run_id, after=found[-1].seq if found else 0, limit=PAGE):
        found += page
        if len(page) < PAGE:
            break
    return found
