"""Appends to the feed: one fact for each committed change of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from runcast.domain.change import ChangeKind
from runcast.domain.limits import FACT_KEYS_CHARS_MAX
from runcast.domain.run import End
from runcast.domain.transaction import topic_id
from runcast.store.rows import Holding
from runcast.store.script import Changed, Script, call

WAITS_TOPIC = "runcast.waits"
"""Tokens that were made, completed or ran out."""

ChangeFact = tuple[str, str, int, str, str, int]
"""run_id, root_id, version, kind, status, at"""

ANY_KEYS = "*"
"""Any entry of the run's journal may have changed."""
_KEYS = msgspec.json.Decoder(tuple[str, ...])
_ENCODE = msgspec.json.Encoder().encode


def let_go(runs: Sequence[Holding], now: int) -> Script[None]:
    """What these runs held is free: nothing that followers see, but engines that share the database have to hear it."""
    facts: list[ChangeFact] = [(run.id, run.root_id, run.version, "slot", run.status, now) for run in runs]
    if facts:
        yield call("add_changes", rows=[(*fact, None) for fact in facts])


def append(
    facts: Sequence[ChangeFact],
    *,
    keys: Mapping[str, str] | None = None,
    ended: tuple[End, ...] = (),
    born: tuple[str, ...] = (),
) -> Script[None]:
    """Add facts as the last rows of a transaction's part, and note them for those who follow.

    `keys`: by run, which entries of its journal changed, as `keys_text` or `ANY_KEYS` has it.
    """
    if facts:
        yield call("add_changes", rows=[(*fact, keys.get(fact[0]) if keys else None) for fact in facts])
        yield Changed(ended, born)


def keys_text(keys: Iterable[str]) -> str:
    """Keys of entries as a fact has them.

    >>> keys_text(["fetch:0", "fetch:1"])
    '["fetch:0","fetch:1"]'
    """
    text = _ENCODE(list(keys)).decode()
    return text if len(text) <= FACT_KEYS_CHARS_MAX else ANY_KEYS


def read_keys(kind: ChangeKind, text: str | None) -> tuple[str, ...] | None:
    """Which entries a fact is about; None: any.

    >>> (
    ...     read_keys(ChangeKind.JOURNAL, '["fetch:0"]'),
    ...     read_keys(ChangeKind.STATUS, None),
    ...     read_keys(ChangeKind.STATUS, "*"),
    ... )
    (('fetch:0',), (), None)
    """
    if text is None:
        return None if kind is ChangeKind.JOURNAL else ()
    return None if text == ANY_KEYS else _KEYS.decode(text)


def waits_changed(wait_id: str, now: int) -> Script[None]:
    """Tell who follows the waits of this installation that there is another, or one fewer."""
    yield from append([(wait_id, topic_id(WAITS_TOPIC), 0, "topic", "", now)])
