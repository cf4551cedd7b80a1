"""Messages for calls that an execution does not make again go back to the inbox.

A body that is executed again may be past a `receive` that an earlier execution waited in: its branch was canceled, or
gave it up. The journal still waits for a message there, which nobody would ever see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry

if TYPE_CHECKING:
    from runcast.sdk.execution import Execution


def withdraw_unasked(execution: Execution) -> None:
    """The execution is about to wait: what it has not asked for by now it is past."""
    if execution.settled_unasked:
        return
    execution.settled_unasked = True
    for entry in tuple(execution.journal.values()):
        if entry.kind is EntryKind.MESSAGE and entry.status is EntryStatus.PENDING:
            put_back(execution, entry)


def put_back(execution: Execution, entry: Entry) -> None:
    """Give up an entry that this execution has not asked for; asked for later it is a new one."""
    if execution.positions is not None and entry.key in execution.positions:
        return
    forgotten = structs.replace(entry, status=EntryStatus.FORGOTTEN, value=None, finished_at=None)
    execution.journal[entry.key] = forgotten
    execution.record(NewEntry(forgotten))
