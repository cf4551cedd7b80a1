"""`Inbox`: messages that others send to a run while it runs, received one by one, each once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, Generic, TypeVar

from runcast.domain.errors import InvalidInput, NotDurableHere
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry
from runcast.domain.limits import KEY_CHARS_MAX
from runcast.domain.message import Message, inbox_id
from runcast.sdk.blame import blame
from runcast.sdk.call import Call
from runcast.sdk.codec import ValueCodec, codec_for
from runcast.sdk.durations import Duration, duration_ms
from runcast.sdk.execution import Execution, current_execution
from runcast.sdk.failures import rebuild_error
from runcast.sdk.messages import send

T = TypeVar("T")


class Inbox(Generic[T]):
    """A named inbox of a run, with the type of its messages.

    Anyone may send to a run that has not ended, before its body asks too. The body receives in order, each message
    once; a message of another type raises `InvalidPayload` where it is received, and is over.

    >>> approvals = Inbox("approvals", type=bool)
    >>> @task  # doctest: +SKIP
    ... async def publish(text: str) -> bool:
    ...     return await approvals.receive(timeout="7d")
    >>> await approvals.send(run, True)  # doctest: +SKIP
    """

    def __init__(self, name: str, type: type[T] = object) -> None:  # type: ignore[assignment]
        if not name or len(name) > KEY_CHARS_MAX or not name.isprintable():
            raise InvalidInput(f"an inbox's name has 1 to {KEY_CHARS_MAX:,} printable characters, got {name!r}")
        self.name = name
        self.type = type
        self._lazy_codec: ValueCodec[Any] | None = None

    def __repr__(self) -> str:
        return f"<inbox {self.name}>"

    def receive(self, *, timeout: Duration | None = None, key: str | None = None) -> Call[T]:
        """The next message. While it waits the run holds no slot; after `timeout` it raises `WaitTimedOut`.

        A call that is given up (`cancel()`, or nobody awaits it any more) leaves its message to the next.

        >>> answer = await approvals.receive(timeout="1h")  # doctest: +SKIP
        """
        execution = _execution("inbox.receive")
        due_in_ms = None if timeout is None else duration_ms(timeout, name="timeout")
        call, prior = execution.open(
            EntryKind.MESSAGE, self.name, read=self._read, on_engine=True, key=key, call_type=ReceiveCall
        )
        assert isinstance(call, ReceiveCall)
        call.inbox = self.name
        if prior is None or prior.status is EntryStatus.FORGOTTEN:
            execution.begin(call, NewEntry(_entry(execution, call.key, self.name, EntryStatus.PENDING), due_in_ms))
        return call

    def peek(self, *, key: str | None = None) -> Call[T | None]:
        """The next message without taking it, or None when none is there. What was seen is recorded.

        >>> if await stop.peek():  # doctest: +SKIP
        ...     return
        """
        execution = _execution("inbox.peek")
        call, prior = execution.open(EntryKind.MESSAGE, self.name, read=self._read_peek, on_engine=False, key=key)
        if prior is None or prior.status is EntryStatus.FORGOTTEN:
            execution.begin(call, NewEntry(_entry(execution, call.key, self.name, EntryStatus.DONE), peek=True))
        return call

    def send(self, run: Any, message: T, *, key: str | None = None) -> Call[Message]:
        """Send to a run (a handle, a snapshot or an id). Two messages of one `key` are one.

        >>> await approvals.send(run, True, key="ada's answer")  # doctest: +SKIP
        """
        text = self._codec.encode(message, what=f"message to inbox {self.name!r}")
        return send(str(getattr(run, "id", run)), self.name, text, key=key)

    async def __aiter__(self) -> AsyncIterator[T]:
        """Messages as they come, for ever: leave the loop with `break`."""
        while True:
            yield await self.receive()

    def __iter__(self) -> Iterator[T]:
        """The same, in a `def` task."""
        while True:
            yield self.receive().result()

    @property
    def _codec(self) -> ValueCodec[Any]:
        if self._lazy_codec is None:
            self._lazy_codec = codec_for(self.type)
        return self._lazy_codec

    def _read(self, entry: Entry) -> T:
        if entry.status is EntryStatus.FAILED:
            assert entry.error is not None
            error = rebuild_error(entry.error)
            blame(error, entry.key)
            raise error
        message: T = self._codec.decode(entry.value or "null", what=f"message in inbox {self.name!r}")
        return message

    def _read_peek(self, entry: Entry) -> T | None:
        text = (entry.value or "[]")[1:-1]
        return self._codec.decode(text, what=f"message in inbox {self.name!r}") if text else None


class ReceiveCall(Call[T]):
    """A call whose message goes back to the inbox when the body gives it up unseen."""

    __slots__ = ("_seen", "inbox")
    _seen: bool
    inbox: str

    def _outcome(self) -> T:
        self._seen = True
        return super()._outcome()

    def _give_up(self) -> None:
        execution = self._execution
        known = execution.journal.get(self.key)
        if getattr(self, "_seen", False) or (self.done and (known is None or known.status is not EntryStatus.DONE)):
            return
        if self.done:
            self._error = asyncio.CancelledError()
        else:
            execution.give_up(self, asyncio.CancelledError())
        withdrawn = _entry(execution, self.key, self.inbox, EntryStatus.FORGOTTEN)
        execution.record(NewEntry(withdrawn))

    _abandon = _give_up


def inbox(name: str, type: type[T] = object) -> Inbox[T]:  # type: ignore[assignment]
    """The inbox `name`: short for `Inbox(name, type)`."""
    return Inbox(name, type)


def _execution(what: str) -> Execution:
    execution = current_execution()
    if execution is None:
        raise NotDurableHere(f"{what} needs a run around it; `send` works anywhere")
    return execution


def _entry(execution: Execution, key: str, name: str, status: EntryStatus) -> Entry:
    return Entry(
        key,
        EntryKind.MESSAGE,
        name,
        status,
        code_version=execution.code_version,
        awaits=inbox_id(execution.run_id, name),
        started_at=execution.host.now_ms(),
    )
