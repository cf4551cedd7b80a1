"""`runcast schedules`: the table of its commands, and schedules by what people type."""

from __future__ import annotations

import click

from runcast.cli.command import Lazy, LazyGroup
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.nearest import did_you_mean
from runcast.domain.schedule import ScheduleFilter, ScheduleId, ScheduleState
from runcast.gateway import ClientGateway

COMMANDS = {
    "list": Lazy("runcast.cli.schedules_look:list_schedules", "Look", "List schedules with their next times."),
    "show": Lazy("runcast.cli.schedules_look:show", "Look", "Show a schedule with its newest ticks."),
    "next": Lazy("runcast.cli.schedules_look:preview", "Look", "Show the next times of a cron expression."),
    "create": Lazy("runcast.cli.schedules_edit:create", "Act", "Create a schedule, or change the one with its key."),
    "update": Lazy("runcast.cli.schedules_edit:update", "Act", "Change a schedule."),
    "pause": Lazy("runcast.cli.schedules_act:pause", "Act", "Stop schedules until they are resumed."),
    "resume": Lazy("runcast.cli.schedules_act:resume", "Act", "Let paused schedules tick again, from now on."),
    "delete": Lazy("runcast.cli.schedules_act:delete", "Act", "Remove schedules; their runs stay."),
    "run": Lazy("runcast.cli.schedules_act:run_now", "Act", "Start a run of a schedule now."),
    "backfill": Lazy("runcast.cli.schedules_act:backfill", "Act", "Start a run for every tick of a time gone by."),
}

EXAMPLES = (
    ("runcast schedules list", "what runs when"),
    ('runcast schedules next "0 9 * * 1-5" --timezone Europe/Zurich', "when would that be?"),
    ('runcast schedules create report --cron "0 9 * * 1" --key acme', "every Monday at nine"),
    ("runcast schedules backfill report --from 2026-03-01 --to 2026-03-08", "what was missed"),
)
ENDING_CHARS_MIN = 4


@click.group(cls=LazyGroup, lazy=COMMANDS, examples=EXAMPLES)
def schedules() -> None:
    """Schedules: what is triggered by the clock.

    SCHEDULE is a whole id, the unique ending of one, a deduplication key, or a task that has only one schedule.
    """


async def find_schedule(gateway: ClientGateway, typed: str) -> ScheduleState:
    """The schedule that `typed` names. Raises `NotFound`, or `InvalidInput` when there are several."""
    found = await gateway.find_schedule(ScheduleId(typed))
    if found is not None:
        return found
    known = (await gateway.list_schedules(ScheduleFilter(), limit=PAGE_ROWS_MAX)).schedules
    by_key = [one for one in known if one.deduplication_key == typed]
    by_task = [one for one in known if one.task == typed]
    by_ending = [one for one in known if len(typed) >= ENDING_CHARS_MIN and one.id.endswith(typed)]
    matches = by_key or by_task or by_ending
    if len(matches) > 1:
        some = ", ".join(one.id for one in matches[:4])
        raise InvalidInput(f"{typed!r} names {len(matches)} schedules ({some}{', …' if len(matches) > 4 else ''})")
    if not matches:
        near = did_you_mean(typed, [one.task for one in known])
        raise NotFound(f"no schedule {typed!r}.{near} `runcast schedules list` shows them")
    return matches[0]
