"""Where the numbers come from: the engine, asked from the listener's threads, at most once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError as Cancelled
from threading import Lock
from time import monotonic
from typing import Any, Generic, TypeVar

from runcast.domain.errors import RuncastError, Unavailable
from runcast.engine.engine import Engine
from runcast.metrics.counts import Counts
from runcast.store.vitals import Vitals

T = TypeVar("T")

PATIENCE_S = 5.0
"""How long an answer of the engine is waited for."""
FRESH_S = 1.0
"""How long an answer counts at least."""
FRESH_SHARE = 10
"""It counts this many times as long as it took, so that reading costs at most a tenth of one reader."""


class _Kept(Generic[T]):
    """The newest answer to one question. One thread asks at a time; the others get what it got."""

    def __init__(self, ask: Callable[[], T], clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = Lock()
        self._answer: list[T] = []
        self._fresh_until = 0.0

    def get(self) -> T:
        with self._lock:
            began = self._clock()
            if not self._answer or began >= self._fresh_until:
                self._answer.clear()
                self._answer.append(self._ask())
                now = self._clock()
                self._fresh_until = now + max(FRESH_S, FRESH_SHARE * (now - began))
            return self._answer[0]


class Source:
    """The engine's numbers for the threads of a listener."""

    def __init__(self, engine: Engine, counts: Counts, *, clock: Callable[[], float] = monotonic) -> None:
        self.counts = counts
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._vitals = _Kept(lambda: self._wait(engine.vitals()), clock)
        self._health = _Kept(lambda: self._wait(engine.check()), clock)

    @property
    def subscribers(self) -> int:
        return self._engine.subscribers

    def vitals(self) -> Vitals:
        """The newest answer, or one that is fresh enough. Raises `Unavailable` when the engine gives none in time."""
        return self._vitals.get()

    def check(self) -> None:
        """Raises `Unavailable` unless the engine lives, and reads and writes its database."""
        self._health.get()

    def _wait(self, answer: Coroutine[Any, Any, T]) -> T:
        try:
            asked = asyncio.run_coroutine_threadsafe(answer, self._loop)
        except RuntimeError:
            answer.close()
            raise Unavailable("the engine has stopped") from None
        try:
            return asked.result(PATIENCE_S)
        except TimeoutError:
            asked.cancel()
            raise Unavailable(f"the engine did not answer within {PATIENCE_S:g} s") from None
        except RuncastError:
            raise
        except Cancelled:
            raise Unavailable("the engine is being stopped") from None
