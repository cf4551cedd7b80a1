"""Messages to runs: stored, and handed to the entries that wait for them, in order and in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from runcast.domain.errors import Conflict, NotFound
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry, EntryKind, EntryStatus
from runcast.domain.limits import INBOX_MESSAGES_MAX, MESSAGE_KEY_MS, TICK_ROWS_MAX
from runcast.domain.message import Message, NewMessage, inbox_id
from runcast.domain.run import FINAL, LABELS, Run
from runcast.store import blobs, changes, resolve
from runcast.store.rows import Name, Unread
from runcast.store.script import Script, call


def send(messages: Sequence[NewMessage], now: int) -> Script[list[Message]]:
    """Store messages and wake who waits for them. One whose key is there already is that one.

    Raises `NotFound`, and `Conflict` for a run that has ended or that has too much unread.
    """
    sent: list[Message] = []
    for message in messages:
        sent.append((yield from _send(message, now)))
    return sent


def _send(message: NewMessage, now: int) -> Script[Message]:
    asked = {"run_id": message.run_id, "name": message.inbox, "key": message.key}
    known: Message | None = yield call("message_by_key", **asked)
    if known is not None:
        return known
    run: Run | None = yield call("find_run", id=message.run_id)
    if run is None:
        raise NotFound(f"no run {message.run_id}")
    yield from _check_room(run)
    value = yield from blobs.stow(run.id, message.value, f"a message to inbox {message.inbox!r}")
    yield call("add_message", rows=[(run.id, message.inbox, message.key, value, now)])
    if not (yield from deliver(run.id, message.inbox, now)):
        yield call("raise_versions", ids=[[run.id]])
        yield from changes.append([(run.id, run.root_id, run.version + 1, "message", run.status.value, now)])
    stored: Message | None = yield call("message_by_key", **asked)
    assert stored is not None
    return stored


def _check_room(run: Run) -> Script[None]:
    if run.status in FINAL:
        after = f"; it was continued by {run.continued_by}: send it there" if run.continued_by else ""
        raise Conflict(f"run {run.id} has ended ({LABELS[run.status].lower()}) and takes no more messages{after}")
    unread: int = yield call("count_unread", run_id=run.id, limit=INBOX_MESSAGES_MAX)
    if unread >= INBOX_MESSAGES_MAX:
        raise Conflict(
            f"run {run.id} has {unread:,} unread messages, the limit is {INBOX_MESSAGES_MAX:,}. "
            "Send fewer, or let its body receive them sooner."
        )


def deliver(run_id: str, name: str, now: int) -> Script[int]:
    """Hand unread messages to the entries that wait for them; how many were handed over."""
    waiting: list[Name] = yield call("receivers", awaits=inbox_id(run_id, name), limit=TICK_ROWS_MAX)
    if not waiting:
        return 0
    unread: list[Unread] = yield call("unread_messages", run_id=run_id, name=name, limit=len(waiting))
    pairs = list(zip(unread, waiting, strict=False))
    if pairs:
        yield call("take_messages", rows=[[message.seq, entry.name] for message, entry in pairs])
        resolutions: list[resolve.Resolution] = [
            (run_id, entry.name, "done", message.value, None) for message, entry in pairs
        ]
        yield from resolve.resolve(resolutions, now)
    return len(pairs)


def peek(run_id: str, name: str) -> Script[str]:
    """The value of an entry that looks: a list with the first unread message, or an empty one."""
    unread: list[Unread] = yield call("unread_messages", run_id=run_id, name=name, limit=1)
    if not unread:
        return "[]"
    return f"[{yield from blobs.fetch(run_id, unread[0].value)}]"


def withdraw(entries: Sequence[tuple[str, Entry]], now: int) -> Script[None]:
    """Bodies gave up receiving: messages that came for them meanwhile are unread again, and go to the next."""
    keys = [[run_id, entry.key] for run_id, entry in entries]
    yield call("withdraw_entries", keys=keys)
    yield call("give_back_messages", keys=keys)
    for run_id, name in dict.fromkeys((run_id, entry.name) for run_id, entry in entries):
        yield from deliver(run_id, name, now)


def is_withdrawn(entry: Entry) -> bool:
    """An entry of a report that gives up what it asked for."""
    return entry.kind is EntryKind.MESSAGE and entry.status is EntryStatus.FORGOTTEN


def start_over(run_id: str) -> Script[None]:
    """A fresh attempt receives again what the last one received."""
    yield call("unread_all", run_id=run_id)


def start_round(run_id: str, now: int) -> Script[None]:
    """A body continued: what it received stays received."""
    yield call("settle_messages", run_id=run_id)
    yield call("forget_messages", run_id=run_id, before=now - MESSAGE_KEY_MS)


def messages(run_id: RunId, after: int, limit: int) -> Script[tuple[Message, ...]]:
    """A page of what a run was sent, in order, large values fetched."""
    rows: list[Message] = yield call("messages_of", run_id=run_id, after=after, limit=limit)
    whole: list[Message] = []
    for row in rows:
        value = yield from blobs.fetch(run_id, row.value)
        whole.append(Message(row.seq, row.run_id, row.inbox, row.key, value, row.sent_at, row.received))
    return tuple(whole)
