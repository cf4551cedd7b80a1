"""What one may follow on the live stream: `run:ID`, `tree:ID`, `trace:ID`, `batch:ID`, `tag:NAME`, `runs`, `topic:NAME` of an extension."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.change import Change, ChangeKind
from runcast.domain.errors import InvalidInput
from runcast.domain.run import Run
from runcast.domain.transaction import topic_id
from runcast.feed.following import batch_topic, run_topic, runs_topic, tag_topic, tree_topic
from runcast.store import news
from runcast.store.script import Script, call

TOPICS_MAX = 200
"""Of one stream."""
TOPIC_CHARS_MAX = 300
TREE_RUNS_MAX = 20_000
LISTED_RUNS_MAX = 100
"""Runs with which a tag, or everything, begins: the newest."""
_KINDS = ("run", "tree", "trace", "batch", "tag", "topic")
_TREES = frozenset({"tree", "trace"})
"""A trace is a tree with what changes within its runs: their journals, and the tries of steps."""


class Topic(msgspec.Struct, frozen=True):
    """One of them, in an environment. `runs` has no name."""

    environment: str
    kind: str
    name: str = ""

    @property
    def id(self) -> str:
        """As the hub knows it."""
        match self.kind:
            case "run":
                return run_topic(self.name)
            case "tree" | "trace":
                return tree_topic(self.name)
            case "batch":
                return batch_topic(self.name)
            case "tag":
                return tag_topic(self.environment, self.name)
            case "topic":
                return topic_id(self.name)
            case _:
                return runs_topic(self.environment)

    def may_be_of(self, change: Change) -> bool:
        """Whether a change may be of it, as far as is known before the run is read."""
        if self.kind == "topic" or change.kind is ChangeKind.TOPIC:
            return change.kind is ChangeKind.TOPIC and change.root_id == self.id
        if self.kind == "run":
            return change.run_id == self.name
        return self.kind not in _TREES or change.root_id == self.name

    def state(self) -> Script[Sequence[Run]]:
        """Its runs as they are."""
        match self.kind:
            case "run":
                found: Run | None = yield call("find_run", id=self.name)
                return [] if found is None else [found]
            case "tree" | "trace":
                return (yield from news.tree_state(self.name, TREE_RUNS_MAX)).runs
            case "batch":
                return (yield from news.batch_state(self.name)).runs
            case "tag":
                return (yield from news.tagged_state(self.environment, [self.name], 0, LISTED_RUNS_MAX)).runs
            case "runs":
                return (yield from news.newest_state(self.environment, LISTED_RUNS_MAX)).runs
            case _:
                return []


def read_topics(text: str, environment: str) -> tuple[Topic, ...]:
    """The topics of a comma list. Raises `InvalidInput`.

    >>> [topic.id for topic in read_topics("run:run_1,runs", "dev")]
    ['run:run_1', 'runs:dev']
    """
    words = tuple(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))
    if not 0 < len(words) <= TOPICS_MAX:
        raise InvalidInput(f"topics names 1 to {TOPICS_MAX} topics, got {len(words)}")
    return tuple(_read(word, environment) for word in words)


def _read(word: str, environment: str) -> Topic:
    kind, _, name = word.partition(":")
    if word == "runs":
        return Topic(environment, "runs")
    if kind not in _KINDS or not name or len(word) > TOPIC_CHARS_MAX:
        forms = ", ".join(f"{one}:…" for one in _KINDS)
        raise InvalidInput(f"a topic is runs, or one of {forms}; got {word[:100]!r}")
    return Topic(environment, kind, name)
