"""Says what a crash changed: where it was, what differs, and what the cause may be."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

import msgspec

from runcast.domain.run import Run
from runcast.lint import Finding, lint_file
from runcast.sdk.task import TaskDefinition
from runcast.testing.crashing import CrashAt
from runcast.testing.ledger import Note

DIFF_LINES_MAX = 60
CHANGES_MAX = 8
_UNRECORDED = "the time, chance, the outside world, the order of a set, or a global that the crash took with it"


class Trouble(msgspec.Struct, frozen=True):
    """What was found after a crash."""

    task: TaskDefinition[..., Any]
    crash: CrashAt
    wanted: dict[str, Any] = {}
    found: dict[str, Any] = {}
    missing: Sequence[str] = ()
    """Notes of the ledger that were never made."""
    repeated: Note | None = None
    """A note that was made again."""
    parked: Sequence[Run] = ()
    hangs: str = ""


def explain(trouble: Trouble) -> str:
    """The whole message."""
    parts = [_where(trouble), *_differences(trouble), f"Likely cause: {_cause(trouble)}", *_lint(trouble)]
    return "\n\n".join(parts)


def _where(trouble: Trouble) -> str:
    crash, name = trouble.crash, trouble.task.name
    if crash.commit == 0:
        return f"task {name!r} cannot be checked: two runs of it differ without any crash."
    doing = crash.doing[:CHANGES_MAX]
    more = len(crash.doing) - len(doing)
    lines = [f"task {name!r} is not crash-safe: a crash {crash.side} commit {crash.commit} changes what it comes to."]
    if doing:
        lines.append(f"The commit {'was about to record' if crash.side == 'before' else 'had recorded'}:")
        lines += [f"    {change}" for change in doing]
    return "\n".join(lines + ([f"    … and {more} more"] if more else []))


def _differences(trouble: Trouble) -> list[str]:
    if trouble.parked:
        return [f"{run.task!r} was parked: {run.parked_reason}" for run in trouble.parked]
    if trouble.hangs:
        return [trouble.hangs]
    if trouble.repeated is not None:
        return [f"Done again after the crash: {trouble.repeated.what!r}"]
    found = [f"Never done: {what}" for what in trouble.missing]
    if diff := _diff(trouble.wanted, trouble.found):
        found.append("\n".join(["Without a crash (-) and with it (+):", *diff]))
    return found


def _diff(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    before, after = (json.dumps(side, indent=2, sort_keys=True, default=str).splitlines() for side in (wanted, found))
    lines = [line for line in unified_diff(before, after, n=2, lineterm="") if not line.startswith(("---", "+++"))]
    cut = [f"… {len(lines) - DIFF_LINES_MAX} more lines"] if len(lines) > DIFF_LINES_MAX else []
    return [*lines[:DIFF_LINES_MAX], *cut]


def _cause(trouble: Trouble) -> str:
    if trouble.crash.commit == 0:
        return (
            f"the task depends on something that is neither its payload nor recorded ({_UNRECORDED}), or an earlier run left "
            "something behind that `fresh=` should set back."
        )
    if trouble.parked:
        return f"executed again, the body made other calls than before: it depends on {_UNRECORDED}."
    if trouble.hangs:
        return "executed again, the body waits for something that had come already, or for another thing than before."
    if trouble.repeated is not None:
        return _cause_of_repeat(trouble.repeated)
    return _cause_of_difference(trouble)


def _cause_of_repeat(note: Note) -> str:
    if note.step is None:
        return "it is done in the body, between durable calls, where nothing records that it was done: make it a step."
    return f"step {note.step!r} ran again although its result was recorded: the ledger's note is not made by the step alone."


def _cause_of_difference(trouble: Trouble) -> str:
    runs = trouble.wanted.keys() & trouble.found.keys()
    asked = {(run, key) for run in runs for key in trouble.wanted[run]["journal"]}
    again = {(run, key) for run in runs for key in trouble.found[run]["journal"]}
    if asked != again:
        only = ", ".join(sorted(key for _, key in asked ^ again)[:CHANGES_MAX])
        return f"executed again, the body asked for other calls ({only}): a branch of it depends on {_UNRECORDED}."
    if trouble.wanted.keys() != trouble.found.keys():
        return f"executed again, the body started other children: it depends on {_UNRECORDED}."
    changed = {
        field for run in runs for field, value in trouble.wanted[run].items() if value != trouble.found[run][field]
    }
    if changed == {"output"}:
        return f"the same calls gave another output: it is made from something that is not recorded ({_UNRECORDED})."
    return f"{' and '.join(sorted(changed)) or 'the ledger'} came out differently: made from {_UNRECORDED}."


def _lint(trouble: Trouble) -> list[str]:
    """What the linter says of the task's code, which often names the line."""
    fn = inspect.unwrap(trouble.task.fn)
    file = Path(fn.__code__.co_filename)
    findings: list[Finding] = []
    if file.is_file():
        findings = [found for found in lint_file(file) if f"task `{fn.__name__}`" in found.message]
    if not findings:
        return []
    return ["\n".join(["`runcast lint` says:", *(f"    {one.place} {one.code} {one.message}" for one in findings)])]
