"""Appends to the feed: one fact for each committed change of a run."""

from __future__ import annotations

from collections.abc import Sequence

from runcast.domain.run import End
from runcast.domain.transaction import topic_id
from runcast.store.rows import Holding
from runcast.store.script import Changed, Script, call

WAITS_TOPIC = "runcast.waits"
"""Tokens that were made, completed or ran out."""

ChangeFact = tuple[str, str, int, str, str, int]
"""run_id, root_id, version, kind, status, at"""


def let_go(runs: Sequence[Holding], now: int) -> Script[None]:
    """What these runs held is free: nothing that followers see, but engines that share the database have to hear it."""
    facts: list[ChangeFact] = [(run.id, run.root_id, run.version, "slot", run.status, now) for run in runs]
    if facts:
        yield call("add_changes", rows=facts)


def append(facts: Sequence[ChangeFact], *, ended: tuple[End, ...] = (), born: tuple[str, ...] = ()) -> Script[None]:
    """Add facts as the last rows of a transaction's part, and note them for those who follow."""
    if facts:
        yield call("add_changes", rows=facts)
        yield Changed(ended, born)


def waits_changed(wait_id: str, now: int) -> Script[None]:
    """Tell who follows the waits of this installation that there is another, or one fewer."""
    yield from append([(wait_id, topic_id(WAITS_TOPIC), 0, "topic", "", now)])
