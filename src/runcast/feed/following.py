"""What one who follows runs has before it: what changed since it looked last, each run once, in its newest state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from runcast.domain.change import Change, ChangeKind
from runcast.domain.limits import TIMELINE_NEWS_MAX
from runcast.domain.run import Run
from runcast.domain.timeline import PartsNews

PENDING_MAX = 2_000
"""Runs that one follower may have before it: with more it is told to read everything anew."""
SHARED_MAX = 8
"""Ways of encoding a run that are kept: more are a client that asks for something else each time."""
_SHOWN = frozenset({ChangeKind.STATUS, ChangeKind.METADATA})
WIDE = ("runs:", "tag:", "batch:")
"""Topics of what only the run itself says: whose changes these are is not known before it is read."""


def run_topic(run_id: str) -> str:
    return f"run:{run_id}"


def tree_topic(root_id: str) -> str:
    """A root with everything below it."""
    return f"tree:{root_id}"


def batch_topic(batch_id: str) -> str:
    return f"batch:{batch_id}"


def tag_topic(environment: str, tag: str) -> str:
    return f"tag:{environment}:{tag}"


def runs_topic(environment: str) -> str:
    """Every run of an environment."""
    return f"runs:{environment}"


def narrow_topics(run: Run) -> list[str]:
    """Topics that each change of the run itself names."""
    return [run_topic(run.id), tree_topic(run.root_id)]


def wide_topics(run: Run) -> list[str]:
    """Topics that only the run says."""
    batch = [] if run.batch_id is None else [batch_topic(run.batch_id)]
    return [runs_topic(run.environment), *batch, *(tag_topic(run.environment, tag) for tag in run.tags)]


class RunNews:
    """A run that changed, as all who follow it share it: what one of them encodes, the others need not."""

    __slots__ = ("at", "encoded", "kinds", "parts", "run", "seq", "streams")

    def __init__(
        self,
        run: Run,
        seq: int,
        at: int,
        kinds: frozenset[ChangeKind],
        streams: tuple[str, ...] | None = None,
        parts: PartsNews | None = None,
    ) -> None:
        self.run = run
        self.seq = seq
        """The feed's position of the newest change."""
        self.at = at
        """When that was, in engine ms."""
        self.kinds = kinds
        """What changed since it was handed out last."""
        self.streams = streams
        """Names of its streams, if there is a new one."""
        self.parts = parts
        """What changed within it, if somebody traces it."""
        self.encoded: dict[str, bytes] = {}
        """What was encoded of it: read it here, and write it with `share`."""

    @property
    def is_shown(self) -> bool:
        """The run itself changed, or got a stream; not only its logs, journal, parts."""
        return self.streams is not None or not self.kinds.isdisjoint(_SHOWN)

    def after(self, before: RunNews) -> RunNews:
        """This with what changed before it and was not handed out."""
        parts = self.parts
        if before.parts is not None:
            parts = before.parts if parts is None else parts.after(before.parts)
        merged = RunNews(self.run, self.seq, self.at, self.kinds | before.kinds, self.streams or before.streams, parts)
        if (merged.kinds, merged.streams) == (self.kinds, self.streams) and merged.parts is self.parts:
            merged.encoded = self.encoded
        return merged

    def without_parts(self) -> RunNews:
        """For one who has too much before it: what is within the run it reads anew."""
        parts = None if self.parts is None else PartsNews(self.parts.claimed_at, is_whole=False)
        return RunNews(self.run, self.seq, self.at, self.kinds, self.streams, parts)

    def share(self, key: str, encoded: bytes) -> None:
        """Keep it for the others who want the same; of what everybody wants differently only a little."""
        if len(self.encoded) < SHARED_MAX:
            self.encoded[key] = encoded


class _Followed(Protocol):
    def leave(self, following: Following) -> None: ...


class Following:
    """Use it with `with`. `wake` is called whenever there is something new to take, on the hub's loop."""

    __slots__ = (
        "_hub",
        "_is_reset",
        "_others",
        "_parts",
        "_runs",
        "is_ended",
        "shown_only",
        "topics",
        "traced",
        "wake",
    )

    def __init__(
        self,
        hub: _Followed,
        topics: Iterable[str],
        wake: Callable[[], None],
        *,
        shown_only: bool = False,
        traced: Iterable[str] = (),
    ) -> None:
        self._hub = hub
        self.topics = tuple(topics)
        self.traced = frozenset(traced)
        """Roots of trees of which it hears what changes within the runs, too."""
        self.wake = wake
        self.shown_only = shown_only
        """Hear only of what changes the run itself, and of new streams."""
        self.is_ended = False
        """The server stops: no news will come."""
        self._is_reset = False
        self._runs: dict[str, RunNews] = {}
        self._others: dict[tuple[str, str], Change] = {}
        self._parts = 0
        """Entries that it has before it."""

    @property
    def has_news(self) -> bool:
        return bool(self._runs or self._others or self._is_reset or self.is_ended)

    def take(self) -> tuple[list[RunNews], list[Change], bool]:
        """(runs in the order of their changes, changes of extensions' topics, whether to read everything anew)."""
        runs = sorted(self._runs.values(), key=lambda news: news.seq)
        found = runs, list(self._others.values()), self._is_reset
        self._runs, self._others, self._is_reset, self._parts = {}, {}, False, 0
        return found

    def put(self, news: RunNews) -> None:
        if self._is_reset or (self.shown_only and not news.is_shown):
            return
        before = self._runs.pop(news.run.id, None)
        if before is None and len(self._runs) >= PENDING_MAX:
            self.reset()
            return
        if news.parts is not None and self.traced:
            self._parts += news.parts.size
            if self._parts > TIMELINE_NEWS_MAX:
                news = news.without_parts()
        self._runs[news.run.id] = news if before is None else news.after(before)
        self.wake()

    def put_other(self, change: Change) -> None:
        if self._is_reset:
            return
        if len(self._others) >= PENDING_MAX:
            self.reset()
            return
        self._others[change.root_id, change.run_id] = change
        self.wake()

    def reset(self) -> None:
        """Too much changed, or it was not heard of: everything is to be read anew."""
        self._runs, self._others, self._is_reset, self._parts = {}, {}, True, 0
        self.wake()

    def end(self) -> None:
        """Nothing comes any more."""
        self.is_ended = True
        self.wake()

    def close(self) -> None:
        self._hub.leave(self)

    def __enter__(self) -> Following:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
