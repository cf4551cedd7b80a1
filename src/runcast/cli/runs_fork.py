"""`runcast runs fork`: go on from a chosen place of a run, as a new run."""

from __future__ import annotations

import click

from runcast.cli.command import Command, database_option
from runcast.cli.runs_act import start_again
from runcast.cli.trigger import check_payload, new_run_id, read_json
from runcast.domain.run import Run, Triggered
from runcast.gateway import ClientGateway

EXAMPLES = (
    ("runcast runs fork latest --from summarize", "repeat the newest run from its step `summarize` on"),
    ("runcast runs fork 8f2kqa3m --from /step:fetch#2 --payload @fixed.json --follow", "by key, with another payload"),
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("run_id", metavar="RUN")
@click.option(
    "--from", "from_key", metavar="KEY", required=True, help="Journal key, or a name that only one entry has."
)
@click.option("--payload", metavar="JSON", help="Another payload: text, @file or -. What was recorded stands.")
@click.option("--follow", "-f", is_flag=True, help="Watch it live.")
@database_option
def fork(run_id: str, from_key: str, payload: str | None, follow: bool, database: str | None, as_json: bool) -> int:
    """Start a new run that takes over what RUN did before the entry KEY, and does the rest itself.

    `runcast runs show RUN` lists the keys. RUN stays as it is.
    """
    text = None if payload is None else read_json(payload)

    async def act(gateway: ClientGateway, run: Run) -> Triggered:
        await check_payload(gateway, run.task, text)
        return await gateway.fork(run.id, new_run_id(), from_key=from_key, payload=text)

    return start_again(run_id, act, follow=follow, database=database, as_json=as_json)
