"""Following a topic of an extension: what changed, as it is committed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import msgspec

from runcast.domain.change import ChangeKind
from runcast.domain.transaction import topic_id
from runcast.gateway import ClientGateway, Update, Watch


class TopicChange(msgspec.Struct, frozen=True):
    """`key` of a topic changed. A key of None says: read everything, as at the beginning."""

    topic: str
    key: str | None
    at: int = 0


class TopicFollower:
    """One reader of one topic. It remembers how far it came, so that a new connection goes on there."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._cursor: int | None = None

    async def updates(self, gateway: ClientGateway) -> AsyncGenerator[TopicChange, None]:
        """Changes, for ever."""
        watch = Watch(topics=(self._topic,))
        source = cast(AsyncGenerator[Update, None], gateway.watch(watch, cursor=self._cursor))
        async with aclosing(source):
            async for update in source:
                if self._cursor is None or update.resync:
                    yield TopicChange(self._topic, None)
                for change in update.changes:
                    if change.kind is ChangeKind.TOPIC and change.root_id == topic_id(self._topic):
                        yield TopicChange(self._topic, change.run_id, change.at)
                self._cursor = update.cursor
