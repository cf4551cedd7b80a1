"""`Call[T]`: a durable call that was made; await it, gather it, or block on it.

A call lives from the moment it is made, not from the moment it is awaited: a step runs, a child starts, a timer
ticks. It is pending until the engine has its record; then it holds its value or its error for good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from runcast.domain.errors import NotDurableHere
from runcast.domain.journal import Entry
from runcast.sdk.blocking import block_thread
from runcast.sdk.result import Failed, Ok
from runcast.sdk.waiters import ThreadWait

if TYPE_CHECKING:
    from runcast.sdk.execution import Execution

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
V = TypeVar("V")


class Call(Generic[T_co]):
    """A durable call. Await it (again and again, if you like); `await call.unwrap()` for the output of a result;
    `call.result()` in a `def` task.

    >>> found = await asyncio.gather(enrich.trigger_and_wait("a"), enrich.trigger_and_wait("b"))  # doctest: +SKIP
    """

    __slots__ = ("_error", "_execution", "_observers", "_read", "_value", "_waiters", "done", "key", "on_engine")

    def __init__(self, execution: Execution, key: str, read: Callable[[Entry], T_co], *, on_engine: bool) -> None:
        self.key = key
        """The journal key."""
        self.done = False
        self.on_engine = on_engine
        """True: to await it is to wait for the engine, and the run gives up its slot meanwhile."""
        self._execution = execution
        self._read = read
        self._value: T_co | None = None
        self._error: BaseException | None = None
        self._waiters: list[asyncio.Future[None] | ThreadWait] = []
        self._observers: list[Callable[[], None]] = []

    def __await__(self) -> Generator[Any, None, T_co]:
        while not self.done:
            yield from self._wait()
            if self._execution.suspension is not None:
                yield from self._execution.suspension.gate()
        return self._outcome()

    def result(self) -> T_co:
        """Block until it is done, in a `def` task; in an `async def` task await the call instead."""
        if not self.done:
            block_thread(self._execution, self)
        return self._outcome()

    def unwrap(self: Call[Ok[V] | Failed]) -> Coroutine[Any, Any, V]:
        """Await this: the output, or the failure as an error (`TaskFailed`, `WaitTimedOut`)."""
        return _unwrap(self)

    # --- how it ends; on the loop only

    def settle(self, entry: Entry) -> None:
        """Take over a final entry."""
        try:
            value = self._read(entry)
        except Exception as error:  # noqa: BLE001 - the recorded failure, or a value that no longer fits its type
            self.fail(error)
        else:
            self.finish(value)

    def finish(self, value: Any) -> None:
        """End with a value."""
        self._value = value
        self._end()

    def fail(self, error: BaseException) -> None:
        """End with an error, raised by every await."""
        self._error = error
        self._end()

    def _end(self) -> None:
        if self.done:
            return
        self.done = True
        waiters, self._waiters = self._waiters, []
        if waiters:
            self._execution.release(self, waiters)
        observers, self._observers = self._observers, []
        for observer in observers:
            observer()

    # --- who waits for it

    @property
    def watched(self) -> bool:
        """True while somebody waits for it, directly or by `select`."""
        return bool(self._waiters or self._observers)

    def observe(self, observer: Callable[[], None]) -> None:
        """Call `observer` once when it is done; on the loop only."""
        if self.done:
            observer()
        else:
            self._observers.append(observer)

    def ignore(self, observer: Callable[[], None]) -> None:
        """Undo `observe`."""
        if observer in self._observers:
            self._observers.remove(observer)

    def add_waiter(self, waiter: asyncio.Future[None] | ThreadWait) -> None:
        self._waiters.append(waiter)

    def hand_over(self) -> None:
        """The engine's part is over, the worker's begins (reading a batch's members, say)."""
        if self.on_engine:
            self._execution.release(self, self._waiters, wake=False)
            self.on_engine = False

    def recorded(self, entry: Entry) -> None:
        """Its entry is on disk, and pending."""

    # --- who gives it up

    def cancel(self) -> None:
        """Give it up, as the loser of a `select`; what is done stays done.

        Child runs are canceled, and the call ends with that. A step's body is canceled and a wait is dropped: who
        awaits them gets a `CancelledError`.
        """
        self._execution.on_loop(self._give_up)

    def _give_up(self) -> None:
        if self.on_engine and not self.done:
            self._execution.give_up(self, asyncio.CancelledError())

    def _abandon(self) -> None:
        """The last one who waited for it was canceled, perhaps a moment after its end. It goes on: another may wait
        for it later."""

    def _wait(self) -> Generator[Any, None, None]:
        execution = self._execution
        waiter = execution.make_waiter(self)
        self._waiters.append(waiter)
        try:
            yield from waiter
        except asyncio.CancelledError:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                execution.release(self, [waiter], wake=False)
            if not self.watched:
                self._abandon()
            execution.raise_if_evicted()
            raise

    def _outcome(self) -> T_co:
        if self._error is not None:
            raise self._error
        value: T_co = self._value  # type: ignore[assignment]
        return value


async def _unwrap(call: Call[Ok[V] | Failed]) -> V:
    result = await call
    return result.unwrap()


class PlainCall(Call[T]):
    """A durable call outside of any run: the function is simply called, and nothing is recorded."""

    __slots__ = ("_blocking", "_run")

    def __init__(self, run: Callable[[], Coroutine[Any, Any, T]], blocking: Callable[[], T] | None = None) -> None:
        self.key = ""
        self.done = False
        self._run = run
        self._blocking = blocking

    def __await__(self) -> Generator[Any, None, T]:
        if not self.done:
            self._value = yield from self._run().__await__()
            self.done = True
        value: T = self._value  # type: ignore[assignment]
        return value

    def cancel(self) -> None:
        """Nothing has begun, so there is nothing to cancel."""

    def result(self) -> T:
        """Run it here and now."""
        if not self.done:
            self._value = self._blocking() if self._blocking else _run_blocking(self._run)
            self.done = True
        value: T = self._value  # type: ignore[assignment]
        return value


def _run_blocking(run: Callable[[], Coroutine[Any, Any, T]]) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(run())
    raise NotDurableHere("call.result() blocks the event loop here: await the call instead")
