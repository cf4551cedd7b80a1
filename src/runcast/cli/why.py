"""`runcast why`: say why a run is not running."""

from __future__ import annotations

import click
from rich.text import Text

from runcast.cli.command import Command, database_option
from runcast.cli.complete import complete_run
from runcast.cli.connect import with_gateway
from runcast.cli.find import find_run
from runcast.cli.look import badge, duration, one_line, printable, short_id
from runcast.cli.output import console, is_plain, print_json
from runcast.domain.run import Run
from runcast.gateway import ClientGateway, Explanation

BLOCKERS_SHOWN = 8


@click.command(cls=Command, examples=(("runcast why latest", "key acme 3/3 busy, position 14, about 40 s"),))
@click.argument("run_id", metavar="RUN", shell_complete=complete_run)
@database_option
def why(run_id: str, database: str | None, as_json: bool) -> None:
    """Say why RUN is not running: limits, pauses, what it waits for, and about how long it will take."""

    async def work(gateway: ClientGateway) -> tuple[Run, Explanation, list[Run]]:
        run = await find_run(gateway, run_id)
        explanation = await gateway.why(run.id)
        blockers = [await gateway.find_run(blocker) for blocker in explanation.blockers[:BLOCKERS_SHOWN]]
        return run, explanation, [blocker for blocker in blockers if blocker is not None]

    run, explanation, blockers = with_gateway(database, work)
    if as_json:
        print_json({name: getattr(explanation, name) for name in explanation.__struct_fields__})
        return
    out = console()
    plain = is_plain(out)
    out.print(badge(run.shown, outcome=run.outcome, plain=plain).append(f"  {one_line(run.task)}", style="bold"))
    out.print(printable(explanation.reason), soft_wrap=True)
    facts = []
    if explanation.position is not None and explanation.position > 1:
        ahead = explanation.position - 1
        facts.append("1 run of its queue comes first" if ahead == 1 else f"{ahead:,} runs of its queue come first")
    if explanation.estimate_ms is not None:
        facts.append(f"about {duration(explanation.estimate_ms)}")
    if facts:
        out.print(", ".join(facts), style="bright_black")
    for blocker in blockers:
        line = Text("  ").append_text(badge(blocker.shown, plain=plain))
        out.print(line.append(f"  {blocker.task}  ").append(short_id(blocker.id), style="bright_black"))
    if len(explanation.blockers) > len(blockers):
        out.print(f"  … {len(explanation.blockers) - len(blockers)} more", style="bright_black")
