"""What is known of a followed run and everything below it: a fold of the feed, without input or output."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from runcast.cli.look import printable
from runcast.domain.change import ChangeKind
from runcast.domain.effect import Log, Part
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry
from runcast.domain.run import Run
from runcast.gateway import Update

LOGS_KEPT = 500
CHUNKS_KEPT = 5_000


class Progress(NamedTuple):
    """What `progress()` wrote into a run's metadata."""

    percent: float | None
    step: str
    remaining: str
    facts: tuple[tuple[str, str], ...]
    """Other metadata that fits on a line: numbers, short texts, truth values."""


class LogLine(NamedTuple):
    run_id: RunId
    log: Log


class Dirty(NamedTuple):
    """Runs whose journal, logs or streams changed: read them again."""

    journals: set[RunId]
    logs: set[RunId]
    streams: set[RunId]


class StreamText:
    """The text of one stream as it arrives, with superseded parts taken out."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.last_seq = -1
        self.closed = False
        self._chunks: dict[int, str] = {}

    def apply(self, part: Part) -> None:
        self.last_seq = max(self.last_seq, part.seq)
        if part.kind == "close":
            self.closed = True
        elif part.kind == "reset":
            self.closed = False
            for seq in msgspec.json.decode(part.value).get("seqs", ()):
                self._chunks.pop(seq, None)
        elif not part.superseded:
            self._chunks[part.seq] = _part_text(part.value)
            if len(self._chunks) > CHUNKS_KEPT:
                del self._chunks[next(iter(self._chunks))]

    @property
    def text(self) -> str:
        return "".join(self._chunks.values())


class Followed:
    """The followed run, its descendants, and what they record.

    `apply` folds the feed and says what else to read; `set_journal`, `add_logs` and `add_parts` take the answers.
    """

    def __init__(self, run_id: RunId) -> None:
        self.run_id = run_id
        self.runs: dict[RunId, Run] = {}
        self.entries: dict[RunId, tuple[Entry, ...]] = {}
        self.logs: deque[LogLine] = deque(maxlen=LOGS_KEPT)
        self.log_cursors: dict[RunId, int] = {}
        self.streams: dict[RunId, dict[str, StreamText]] = {}
        self._children: dict[RunId, list[RunId]] = {}
        self._unsorted: set[RunId] = set()

    @property
    def run(self) -> Run | None:
        return self.runs.get(self.run_id)

    @property
    def is_final(self) -> bool:
        """The followed run is final: nothing more of it will come."""
        return self.run is not None and self.run.is_final

    def apply(self, update: Update, *, whole: bool = False) -> Dirty:
        """Fold one update. Runs that are new here are dirty in every way; all are, when the update is the `whole`
        state again after a connection was lost."""
        new: set[RunId] = set()
        for run in update.runs:
            known = self.runs.get(run.id)
            if known is None:
                new.add(run.id)
                if run.parent_id is not None:
                    self._children.setdefault(run.parent_id, []).append(run.id)
                    self._unsorted.add(run.parent_id)
            if known is None or known.version <= run.version:
                self.runs[run.id] = run
        if update.resync or whole:
            new = {run.id for run in update.runs}
        ours = set(self.family())
        changed: dict[str, set[RunId]] = {}
        for change in update.changes:
            changed.setdefault(change.kind, set()).add(change.run_id)
        return Dirty(
            # What a run records together with an outcome is told by its status alone.
            journals=(new | changed.get(ChangeKind.JOURNAL, set()) | changed.get(ChangeKind.STATUS, set())) & ours,
            logs=(new | changed.get(ChangeKind.LOG, set())) & ours,
            streams=(new | changed.get(ChangeKind.STREAM, set())) & ours,
        )

    def family(self) -> Iterator[RunId]:
        """The followed run and everything below it, parents first."""
        waiting = deque([self.run_id] if self.run_id in self.runs else [])
        while waiting:
            run_id = waiting.popleft()
            yield run_id
            waiting.extend(self._children.get(run_id, ()))

    def children(self, run_id: RunId) -> list[Run]:
        """Children in the order in which they were asked for."""
        if run_id in self._unsorted:
            self._unsorted.discard(run_id)
            self._children[run_id].sort(key=lambda child: _asked_order(self.runs[child]))
        return [self.runs[child] for child in self._children.get(run_id, ())]

    def set_journal(self, run_id: RunId, entries: Sequence[Entry]) -> list[Entry]:
        """Keep a run's journal; returns the entries that are new or changed."""
        known = {entry.key: entry for entry in self.entries.get(run_id, ())}
        self.entries[run_id] = tuple(entries)
        return [entry for entry in entries if known.get(entry.key) != entry]

    def add_logs(self, run_id: RunId, logs: Sequence[Log]) -> None:
        self.logs.extend(LogLine(run_id, log) for log in logs)
        if logs:
            self.log_cursors[run_id] = logs[-1].seq

    def add_parts(self, run_id: RunId, parts: Iterable[Part]) -> None:
        streams = self.streams.setdefault(run_id, {})
        for part in parts:
            streams.setdefault(part.stream, StreamText(part.stream)).apply(part)


def _asked_order(run: Run) -> tuple[int, int, list[tuple[int, str]]]:
    """By time, place in the batch, and the numbers inside the journal key: `…#2` comes before `…#10`."""
    words = re.split(r"(\d+)", run.parent_key or "")
    return run.created_at, run.batch_position, [(int(word) if word.isdigit() else -1, word) for word in words]


def progress_of(run: Run) -> Progress:
    """Progress and other short facts from a run's metadata; whatever is not of the expected type is left out."""
    metadata = msgspec.json.decode(run.metadata)
    if not isinstance(metadata, dict):
        return Progress(None, "", "", ())
    percent, step = metadata.pop("progress", None), metadata.pop("currentStep", "")
    remaining = metadata.pop("estimatedTimeRemaining", None)
    facts = tuple((printable(str(key), limit=24), _fact(value)) for key, value in metadata.items() if _is_fact(value))
    is_number = isinstance(percent, int | float) and not isinstance(percent, bool)
    return Progress(
        percent=float(percent) if is_number else None,
        step=printable(step, limit=60) if isinstance(step, str) else "",
        remaining=_remaining(remaining),
        facts=facts,
    )


def _remaining(value: object) -> str:
    """`estimatedTimeRemaining` in seconds, or as the body words it."""
    from runcast.cli.look import duration

    if isinstance(value, int | float) and not isinstance(value, bool):
        return duration(round(value * 1000))
    return printable(value, limit=20) if isinstance(value, str) else ""


def _is_fact(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and 0 < len(value) <= 40)


def _fact(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else printable(str(value))


def _part_text(value: str) -> str:
    """A text part is its text; any other part is a line of JSON."""
    decoded = msgspec.json.decode(value)
    return printable(decoded) if isinstance(decoded, str) else printable(value) + "\n"
