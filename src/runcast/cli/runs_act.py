"""`runcast runs cancel`, `resume`, `reschedule` and `replay`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import click

from runcast.cli import exits
from runcast.cli.command import Command, database_option
from runcast.cli.complete import complete_run
from runcast.cli.connect import with_gateway
from runcast.cli.find import find_run, get_run
from runcast.cli.look import moment, short_id
from runcast.cli.output import console, note, print_json
from runcast.cli.trigger import check_payload, new_run_id, read_json
from runcast.cli.watch import leave, show_live
from runcast.domain.durations import duration_ms
from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.domain.run import Run, Triggered
from runcast.gateway import ClientGateway

Act = Callable[[ClientGateway, Run], Awaitable[Triggered]]


@click.command(
    cls=Command,
    examples=(
        ("runcast runs cancel latest", "stop the newest run and what it started"),
        ("runcast runs cancel latest --force", "free its slots although its body does not end"),
    ),
)
@click.argument("run_ids", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_run)
@click.option("--force", is_flag=True, help="Free the slots of bodies that do not end, also of runs that ended before.")
@database_option
def cancel(run_ids: Sequence[str], force: bool, database: str | None, as_json: bool) -> int:
    """Cancel RUNs, with everything live below them. A run that is already final stays as it is (exit code 1)."""

    async def work(gateway: ClientGateway) -> tuple[list[Run], set[RunId]]:
        found = [await find_run(gateway, typed) for typed in run_ids]
        return found, set(await gateway.cancel([run.id for run in found], force=force))

    found, canceled = with_gateway(database, work)
    for run in found:
        if as_json:
            print_json({"id": run.id, "canceled": run.id in canceled})
        elif run.id in canceled:
            console().print(f"freed the slots of {run.id}" if run.is_final else f"canceled {run.id}")
        else:
            note(f"{run.id} had already ended: {run.label.lower()}")
    return exits.OK if len(canceled) == len({run.id for run in found}) else exits.FAILED


@click.command(cls=Command, examples=(("runcast runs resume 8f2kqa3m --follow", "go on where it failed, and watch"),))
@click.argument("run_id", metavar="RUN", shell_complete=complete_run)
@click.option("--follow", "-f", is_flag=True, help="Watch it live.")
@database_option
def resume(run_id: str, follow: bool, database: str | None, as_json: bool) -> int:
    """Go on with RUN: what is done is not repeated.

    A parked run goes on itself; a finished one is continued by a new run that takes over its journal.
    """

    async def act(gateway: ClientGateway, run: Run) -> Triggered:
        return await gateway.resume(run.id, new_run_id())

    return start_again(run_id, act, follow=follow, database=database, as_json=as_json)


@click.command(
    cls=Command,
    examples=(
        ("runcast runs reschedule latest --delay 2h", "two hours from now"),
        ("runcast runs reschedule 8f2kqa3m --at 2026-01-31T09:00+01:00", "at that time"),
    ),
)
@click.argument("run_id", metavar="RUN")
@click.option("--delay", metavar="DURATION", help="How long from now: 30s, 10m, 2h, 1d; 0: at once.")
@click.option("--at", metavar="TIME", help="An ISO time; without a zone it is local.")
@database_option
def reschedule(run_id: str, delay: str | None, at: str | None, database: str | None, as_json: bool) -> None:
    """Move the start of RUN, which is delayed and has not started; its ttl moves with it."""
    if (delay is None) == (at is None):
        raise InvalidInput("say when: give one of --delay and --at")
    start_at = None if at is None else _instant(at)
    delay_ms = 0 if delay is None else duration_ms(float(delay) if delay.isdigit() else delay, name="--delay")

    async def work(gateway: ClientGateway) -> Run:
        run = await find_run(gateway, run_id)
        return await gateway.reschedule(run.id, delay_ms=delay_ms, start_at=start_at)

    run = with_gateway(database, work)
    if as_json:
        print_json({"id": run.id, "status": run.status.value, "available_at": run.available_at})
    else:
        console().print(f"{run.id} starts at {moment(run.available_at)}")


def _instant(typed: str) -> int:
    try:
        return round(datetime.fromisoformat(typed).timestamp() * 1000)
    except ValueError as error:
        raise InvalidInput(
            f"--at is a time such as 2026-01-31T09:00 or 2026-01-31T09:00+01:00, got {typed!r}"
        ) from error


@click.command(
    cls=Command,
    examples=(
        ("runcast runs replay latest", "the same payload again"),
        ("runcast runs replay 8f2kqa3m --payload @fixed.json --follow", "with another payload, and watch"),
    ),
)
@click.argument("run_id", metavar="RUN", shell_complete=complete_run)
@click.option("--payload", metavar="JSON", help="Another payload: text, @file or -.")
@click.option("--follow", "-f", is_flag=True, help="Watch it live.")
@database_option
def replay(run_id: str, payload: str | None, follow: bool, database: str | None, as_json: bool) -> int:
    """Start RUN again from the beginning, as a new run of the same task."""
    text = None if payload is None else read_json(payload)

    async def act(gateway: ClientGateway, run: Run) -> Triggered:
        await check_payload(gateway, run.task, text)
        return await gateway.replay(run.id, new_run_id(), payload=text)

    return start_again(run_id, act, follow=follow, database=database, as_json=as_json)


def start_again(typed: str, act: Act, *, follow: bool, database: str | None, as_json: bool) -> int:
    """Find the run, act on it, say which run goes on, and follow that if asked; the exit code."""

    async def start(gateway: ClientGateway) -> Run:
        run = await find_run(gateway, typed)
        triggered = await act(gateway, run)
        if as_json:
            print_json({"event": "triggered", "id": triggered.id, "cached": triggered.cached})
        elif triggered.id == run.id:
            console().print(f"{run.id} goes on")
        else:
            console().print(triggered.id)
        return await get_run(gateway, triggered.id)

    run = with_gateway(database, start)
    if follow:
        return leave(lambda: asyncio.run(show_live(run, database, as_json=as_json)), run.id)
    if not as_json:
        note(f"watch it: runcast watch {short_id(run.id)}")
    return exits.OK
