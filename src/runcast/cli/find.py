"""Runs by what people type: a whole id, a unique beginning or ending of one, or `latest`."""

from __future__ import annotations

from runcast.cli.look import short_id
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.ids import ALPHABET, CHANCE_CHARS, TIME_CHARS, RunId
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.run import Run
from runcast.gateway import ClientGateway, RunFilter

PREFIX = "run_"
ID_CHARS = len(PREFIX) + TIME_CHARS + CHANCE_CHARS
ENDING_CHARS_MIN = 4
SKEW_MS = 60_000
"""An id's time is its maker's, `created_at` the engine's: how far they may be apart."""


async def find_run(gateway: ClientGateway, typed: str) -> Run:
    """The run that `typed` names; `NotFound` when there is none, `InvalidInput` when there are several."""
    if typed == "latest":
        return await _latest(gateway)
    if typed.startswith(PREFIX) and len(typed) == ID_CHARS:
        return await get_run(gateway, RunId(typed))
    if typed.startswith(PREFIX):
        return _the_only_one(typed, await _beginning_with(gateway, typed))
    if len(typed) < ENDING_CHARS_MIN or not set(typed) <= set(ALPHABET):
        raise InvalidInput(
            f"{typed!r} is no run id: give run_…, its last {ENDING_CHARS_MIN} or more characters, or latest"
        )
    newest = await gateway.list_runs(RunFilter(), limit=PAGE_ROWS_MAX)
    return _the_only_one(typed, [run for run in newest.runs if run.id.endswith(typed)])


async def get_run(gateway: ClientGateway, run_id: RunId) -> Run:
    """The run of that id; raises `NotFound`."""
    run = await gateway.find_run(run_id)
    if run is None:
        raise NotFound(f"no run {run_id} in this database; `runcast runs list` shows the newest")
    return run


async def _latest(gateway: ClientGateway) -> Run:
    page = await gateway.list_runs(RunFilter(roots_only=True), limit=1)
    if not page.runs:
        raise NotFound("no runs in this database yet; start one with `runcast trigger`")
    return page.runs[0]


def _the_only_one(typed: str, found: list[Run]) -> Run:
    if not found:
        raise NotFound(f"no run matches {typed!r} among the newest; give the whole id, or see `runcast runs list`")
    if len(found) > 1:
        examples = ", ".join(short_id(run.id) for run in found[:4])
        raise InvalidInput(
            f"{typed!r} matches {len(found)} runs ({examples}{', …' if len(found) > 4 else ''}); type more"
        )
    return found[0]


async def _beginning_with(gateway: ClientGateway, typed: str) -> list[Run]:
    """The beginning of an id is a time span, in which its root was created; children keep their root's time."""
    earliest, latest = time_span(typed)
    span = RunFilter(created_from=earliest - SKEW_MS, created_to=latest + SKEW_MS, roots_only=True)
    roots = (await gateway.list_runs(span, limit=PAGE_ROWS_MAX)).runs
    found = [root for root in roots if root.id.startswith(typed)]
    time_part = typed[: len(PREFIX) + TIME_CHARS]
    if found or len(typed) <= len(time_part):
        return found
    for root in [root for root in roots if root.id.startswith(time_part)]:
        below = await gateway.list_runs(RunFilter(root_id=root.id), limit=PAGE_ROWS_MAX)
        found += [run for run in below.runs if run.id.startswith(typed)]
    return found


def time_span(typed: str) -> tuple[int, int]:
    """First and last millisecond that ids beginning with `typed` may carry.

    >>> time_span("run_000000001")
    (32, 63)
    """
    time_part = typed[len(PREFIX) : len(PREFIX) + TIME_CHARS]
    if not set(time_part) <= set(ALPHABET):
        raise InvalidInput(f"{typed!r} is no beginning of a run id: after run_ come digits and lower-case letters")
    return _time(time_part.ljust(TIME_CHARS, ALPHABET[0])), _time(time_part.ljust(TIME_CHARS, ALPHABET[-1]))


def _time(time_part: str) -> int:
    value = 0
    for char in time_part:
        value = value * len(ALPHABET) + ALPHABET.index(char)
    return value
