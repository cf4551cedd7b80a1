"""Messages to a run: kept in order in its inboxes until its body receives them."""

from __future__ import annotations

import msgspec

from runcast.domain.ids import RunId


class NewMessage(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A message on its way. Equal keys mean the same message, per run and inbox."""

    run_id: RunId
    inbox: str
    value: str
    """JSON text."""
    key: str
    """Every message has one, so that asking again after a broken connection sends nothing twice."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message as anyone may read it. `seq` orders the messages of a run."""

    seq: int
    run_id: RunId
    inbox: str
    key: str
    value: str
    """JSON text."""
    sent_at: int
    received: bool
    """The body has it: its journal says so."""


def inbox_id(run_id: str, name: str) -> str:
    """What a journal entry that waits for a message awaits.

    >>> inbox_id("run_1", "approvals")
    'run_1/approvals'
    """
    return f"{run_id}/{name}"
