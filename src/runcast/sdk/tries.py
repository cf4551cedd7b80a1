"""Tells of tries of steps before their step is done: of those that take a while, and of those that failed and are repeated.

A step is one record, written when it is done. Pages also show what goes on, and what was tried before; short steps that
succeed at once cost nothing here.
"""

from __future__ import annotations

from asyncio import TimerHandle
from typing import TYPE_CHECKING

import msgspec

from runcast.domain.effect import Effect, EffectKind, Try
from runcast.sdk.failures import error_info

if TYPE_CHECKING:
    from runcast.sdk.execution import Execution

TOLD_AFTER_S = 0.1
"""A try that is done within this time is told by its step's record alone."""
_ENCODE = msgspec.json.Encoder().encode


class OneTry:
    """A try that has begun. End it by `done` or `failed`."""

    __slots__ = ("_execution", "_key", "_said", "_timer")

    def __init__(self, execution: Execution, key: str, name: str, number: int) -> None:
        self._execution = execution
        self._key = key
        self._said = Try(name, number, execution.host.now_ms())
        self._timer: TimerHandle | None = None
        if number == 1:
            self._timer = execution.host.loop.call_later(TOLD_AFTER_S, self._tell)
        else:
            self._tell()

    def done(self) -> None:
        """Its step's record says the rest."""
        if self._timer is not None:
            self._timer.cancel()

    def failed(self, error: BaseException, delay_ms: int) -> None:
        """There will be another after `delay_ms`."""
        self.done()
        now = self._execution.host.now_ms()
        info = error_info(error, keys=(self._key,))
        self._said = msgspec.structs.replace(self._said, failed_at=now, retry_at=now + delay_ms, error=info)
        self._tell()

    def _tell(self) -> None:
        said = _ENCODE(self._said).decode()
        # Without a number: each is told anew by whoever makes it, and replaces what was told of it before.
        self._execution.add_effect(Effect(EffectKind.TRY, self._key, said))
