"""What changed lately, by topic: so that most who ask whether something did need no database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

TOPICS_MAX = 20_000


class Recent:
    """The position of each topic's last change, of the topics that changed last."""

    def __init__(self, topics_max: int = TOPICS_MAX) -> None:
        self._last: OrderedDict[str, int] = OrderedDict()
        self._topics_max = topics_max
        self._floor = 0

    def begin(self, cursor: int) -> None:
        """Know nothing of what came up to a position, and everything that is `put` from then on."""
        self._last.clear()
        self._floor = cursor

    def put(self, topic: str, seq: int) -> None:
        self._last[topic] = seq
        self._last.move_to_end(topic)
        while len(self._last) > self._topics_max:
            _, forgotten = self._last.popitem(last=False)
            self._floor = max(self._floor, forgotten)

    def changed(self, topics: Iterable[str], cursor: int) -> bool | None:
        """Whether any of the topics changed after a position; None: that is not known so far back.

        >>> recent = Recent()
        >>> recent.begin(10)
        >>> recent.put("run:1", 12)
        >>> recent.changed(["run:1"], 11), recent.changed(["run:2"], 11), recent.changed(["run:2"], 9)
        (True, False, None)
        """
        if any(self._last.get(topic, 0) > cursor for topic in topics):
            return True
        return None if cursor < self._floor else False
