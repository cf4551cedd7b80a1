"""A child run as a body asks for it, on its way to the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from runcast.sdk.options import NO_OPTIONS, TriggerOptions


def _plain(text: str) -> Any:
    return msgspec.json.decode(text)


class ChildRequest(msgspec.Struct, frozen=True):
    """One child: its task, its payload as JSON text, and how to read its output."""

    task: str
    payload: str
    options: TriggerOptions = NO_OPTIONS
    decode: Callable[[str], Any] = _plain
    """Reads the child's output (JSON text) by the task's return annotation."""
