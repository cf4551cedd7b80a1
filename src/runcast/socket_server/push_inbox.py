"""What the engine pushes to a worker, cut to frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runcast.domain.errors import ValueTooLarge
from runcast.gateway import Assignment, News, Stop
from runcast.wire import FrameKind


class PushInbox:
    """What the engine pushes to a worker, as frames. Called on the engine's loop, in order."""

    def __init__(
        self,
        send: Callable[[FrameKind, int, str, object], None],
        refuse: Callable[[Assignment, ValueTooLarge], None],
    ) -> None:
        self._send = send
        self._refuse = refuse

    def assign(self, assignments: Sequence[Assignment]) -> None:
        try:
            self._send(FrameKind.PUSH, 0, "assign", assignments)
        except ValueTooLarge as error:
            if len(assignments) == 1:
                self._refuse(assignments[0], error)
                return
            middle = len(assignments) // 2
            self.assign(assignments[:middle])
            self.assign(assignments[middle:])

    def news(self, news: Sequence[News]) -> None:
        try:
            self._send(FrameKind.PUSH, 0, "news", news)
        except ValueTooLarge:
            # A single entry is far below a frame's bound, so halving comes to an end.
            middle = len(news) // 2
            self.news(news[:middle])
            self.news(news[middle:])

    def stop(self, stops: Sequence[Stop]) -> None:
        self._send(FrameKind.PUSH, 0, "stop", stops)
