"""What tasks and threads of a body wait on while they wait for the engine."""

from __future__ import annotations

import asyncio
import threading


class EngineWait(asyncio.Future[None]):
    """What a task waits on while it waits for the engine: `sdk.quiet` knows it by its type."""


class ThreadWait:
    """What a `def` body's thread waits on."""

    def __init__(self) -> None:
        self._gate = threading.Event()

    def done(self) -> bool:
        return self._gate.is_set()

    def set_result(self, result: None) -> None:
        self._gate.set()

    def block(self) -> None:
        self._gate.wait()
