"""Draws the run's states from the transition table into the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from runcast.domain.run import FINAL, LABELS, LIVE, TRANSITIONS, Event, RunStatus

STARTS = (RunStatus.QUEUED, RunStatus.DELAYED, RunStatus.PENDING_VERSION)
"""Where a trigger may put a run."""
PAGE = Path("docs/concepts/runs.md")


def state_diagram() -> str:
    """The transition table as a Mermaid state diagram.

    Events that every live status knows (cancel, break) would draw an arrow from each to the same end; they are one note.
    """
    everywhere = {event for event in Event if all((status, event) in TRANSITIONS for status in LIVE)}
    arrows: dict[tuple[RunStatus, RunStatus], list[str]] = {}
    for (status, event), following in TRANSITIONS.items():
        if event not in everywhere:
            arrows.setdefault((status, following), []).append(event.value.replace("_", " "))
    starts = [f"    [*] --> {status}" for status in STARTS]
    edges = [f"    {status} --> {following}: {', '.join(events)}" for (status, following), events in arrows.items()]
    reached = {following for _, following in arrows}
    ends = [f"    {status} --> [*]" for status in RunStatus if status in FINAL and status in reached]
    notes = [f"    note left of QUEUED: any live status: {_sentence(everywhere)}"]
    return "\n".join(["stateDiagram-v2", *starts, *edges, *ends, *notes])


def _sentence(events: set[Event]) -> str:
    """`cancel → CANCELED, break → SYSTEM_FAILURE`, in the enum's order."""
    return ", ".join(f"{event.value} → {TRANSITIONS[RunStatus.QUEUED, event]}" for event in Event if event in events)


def status_table() -> str:
    """Each status with the word that people see, and whether it is final."""
    rows = [f"| `{status}` | {LABELS[status]} | {'yes' if status in FINAL else ''} |" for status in RunStatus]
    return "\n".join(["| status | people see | final |", "|---|---|---|", *rows])


def render(page: str) -> str:
    """The page with its generated parts made anew; each stands between two marks that name it."""
    parts = {"state diagram": f"```mermaid\n{state_diagram()}\n```", "status table": status_table()}
    for name, text in parts.items():
        marks = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        page, found = marks.subn(rf"\g<1>{text}\n\g<2>", page)
        if found != 1:
            message = f"{PAGE} needs `<!-- generated: {name} -->` … `<!-- end -->` once; found {found}"
            raise ValueError(message)
    return page
