"""Takes messages to runs from clients: checks them at the door, then stores them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.domain.limits import INBOX_MESSAGES_MAX, KEY_CHARS_MAX, MESSAGE_BYTES_MAX, PAGE_ROWS_MAX
from runcast.domain.message import Message, NewMessage
from runcast.engine.enqueue import check_json
from runcast.store import inbox
from runcast.store.store import Store


async def send(store: Store, messages: Sequence[NewMessage]) -> Sequence[Message]:
    """Store messages of a client, all or none. Raises `InvalidInput`, `NotFound`, `Conflict`."""
    if len(messages) > INBOX_MESSAGES_MAX:
        raise InvalidInput(
            f"{len(messages):,} messages at once, the limit is {INBOX_MESSAGES_MAX:,}. Send them in parts."
        )
    for message in messages:
        _check(message)
    return await store.write(partial(inbox.send, messages, store.clock.now_ms()))


async def read(store: Store, run_id: RunId, after: int, limit: int) -> Sequence[Message]:
    """What a run was sent, in order."""
    return await store.read(partial(inbox.messages, run_id, after, min(limit, PAGE_ROWS_MAX)))


def _check(message: NewMessage) -> None:
    for what, text in (("inbox", message.inbox), ("key", message.key)):
        if not text or len(text) > KEY_CHARS_MAX or "\0" in text:
            raise InvalidInput(
                f"the {what} of a message has 1 to {KEY_CHARS_MAX:,} characters and no NUL: {text[:40]!r}"
            )
    check_json(f"message to inbox {message.inbox!r}", message.value, MESSAGE_BYTES_MAX)
