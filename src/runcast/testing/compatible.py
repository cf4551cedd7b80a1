"""Would new code go on with the runs of the old? Asked of golden journals, without executing anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from runcast.domain.errors import RuncastError
from runcast.domain.journal import Entry, EntryStatus
from runcast.domain.run import FINAL, RunStatus
from runcast.sdk.registry import Registry
from runcast.testing.golden import Golden
from runcast.testing.replay import PATIENCE_S, Replayed, replay


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the new code would do with one run."""

    run_id: str
    task: str
    verdict: str
    """`same`; `new` (asks for more than was recorded); `lost` (does not ask for what was recorded); `parked`; `fails`."""
    reason: str
    """In words."""
    asked: tuple[str, ...] = ()
    """Keys in the order in which the new code asks for them."""
    new: tuple[str, ...] = ()
    """Those that were not recorded."""
    unasked: tuple[str, ...] = ()
    """Recorded, and not asked for."""
    notes: tuple[str, ...] = ()
    """What differs without harm."""

    def holds(self, *, allow_new: bool = False) -> bool:
        """Whether runs like this one go on under the new code."""
        return self.verdict == "same" or (allow_new and self.verdict == "new")


async def check_journals(journals: Iterable[Golden], registry: Registry) -> list[Verdict]:
    """A verdict for each journal, in their order. Bodies are executed up to what was not recorded; steps, children and
    effects are not."""
    return [await check_journal(golden, registry) for golden in journals]


async def check_journal(golden: Golden, registry: Registry) -> Verdict:
    """The verdict on one journal."""
    task = registry.find(golden.run.task)
    if task is None:
        return _verdict(golden, "fails", f"the new code has no task {golden.run.task!r}")
    try:
        task.decode_payload(golden.run.payload)
    except RuncastError as error:
        return _verdict(golden, "fails", f"the new code refuses the payload: {error}")
    try:
        found = await replay(golden, task)
    except TimeoutError:
        return _verdict(
            golden, "fails", f"the body did something of its own for {PATIENCE_S:g} s: I/O between its calls?"
        )
    # What nobody awaits ends with one more turn of the loop.
    await asyncio.sleep(0)
    return _judge(golden, found)


def _judge(golden: Golden, found: Replayed) -> Verdict:
    execution = found.execution
    asked, new = tuple(execution.asked), tuple(execution.fresh)
    recorded = [entry.key for entry in golden.journal if entry.status is not EntryStatus.FORGOTTEN]
    unasked = tuple(key for key in recorded if key not in set(asked))
    notes = tuple(_notes(golden, found))
    verdict, reason = _decide(golden, found, new, unasked)
    return _verdict(golden, verdict, reason, asked=asked, new=new, unasked=unasked, notes=notes)


def _decide(golden: Golden, found: Replayed, new: Sequence[str], unasked: Sequence[str]) -> tuple[str, str]:
    if found.execution.park_reason:
        return "parked", found.execution.park_reason
    if found.error is not None and golden.run.status not in (RunStatus.FAILED, RunStatus.CANCELED):
        return "fails", f"the new code raises {type(found.error).__name__}: {found.error}"
    if unasked and new and not found.ended:
        first = new[0]
        return "lost", f"the new code waits for {first}, which was not recorded, and does not reach {_list(unasked)}"
    if unasked:
        return (
            "lost",
            f"the new code does not ask for {_list(unasked)}: what is done under that name is done again, or no more",
        )
    if new and golden.run.status in FINAL:
        return "new", f"the new code asks for more: {_list(new)}"
    return (
        "same",
        "the same calls" if golden.run.status in FINAL else f"the same calls, up to where it is {golden.run.status}",
    )


def _notes(golden: Golden, found: Replayed) -> Iterable[str]:
    execution = found.execution
    if execution.changed:
        yield f"other arguments for {_list(execution.changed)}: the recorded results stand"
    if moved := _moved(golden.journal, execution.asked):
        yield f"asked for in another order: {_list(moved)}"
    if found.ended and found.error is None and golden.run.output not in (None, found.output):
        yield "another output"


def _moved(journal: Sequence[Entry], asked: Sequence[str]) -> list[str]:
    """Keys that are asked for after a key of their scope which was asked for later when they were recorded."""
    started = {entry.key: entry.started_at for entry in journal}
    latest: dict[str, int] = {}
    moved = []
    for key in asked:
        scope = key.rpartition("/")[0]
        at = started.get(key, 0)
        if at and at < latest.get(scope, 0):
            moved.append(key)
        latest[scope] = max(at, latest.get(scope, 0))
    return moved


def _list(keys: Sequence[str]) -> str:
    return ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")


def _verdict(
    golden: Golden,
    verdict: str,
    reason: str,
    *,
    asked: tuple[str, ...] = (),
    new: tuple[str, ...] = (),
    unasked: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> Verdict:
    return Verdict(
        run_id=golden.run.id,
        task=golden.run.task,
        verdict=verdict,
        reason=reason,
        asked=asked,
        new=new,
        unasked=unasked,
        notes=notes,
    )
