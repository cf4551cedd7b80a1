"""Who came first, as a recorded decision: `select`, `as_completed`, `timeout`.

The standard library's first-completed functions look at the clock of this process, so a re-execution may see another
winner. These record the winner, and a re-execution waits for the same one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Generator, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

from runcast.domain.errors import InvalidInput, NotDurableHere, WaitTimedOut
from runcast.domain.journal import Entry, EntryKind, NewEntry
from runcast.sdk.call import Call
from runcast.sdk.codec import decode_json
from runcast.sdk.durations import Duration, duration_ms
from runcast.sdk.execution import Execution, current_execution
from runcast.sdk.wait import sleep

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


@overload
def select(first: Call[A], second: Call[B], /, *, key: str | None = None) -> Selected[A | B]: ...
@overload
def select(first: Call[A], second: Call[B], third: Call[C], /, *, key: str | None = None) -> Selected[A | B | C]: ...
@overload
def select(*calls: Call[T], key: str | None = None) -> Selected[T]: ...
def select(*calls: Call[Any], key: str | None = None) -> Selected[Any]:
    """Await this: `(index, value)` of the call that is done first. Its error is raised. The others go on.

    >>> index, value = await select(wait.for_token(approval), wait.for_("1h"))  # doctest: +SKIP
    """
    return Selected(_decide(calls, key), calls)


def as_completed(calls: Sequence[Call[T]]) -> Completed[T]:
    """The calls in the order in which they are done: `async for call in as_completed(calls): await call`.

    In a `def` task `for call in as_completed(calls): call.result()`.
    """
    return Completed(calls)


def timeout(call: Call[T], duration: Duration, *, key: str | None = None) -> TimeLimited[T]:
    """Await this: the call's value, or `WaitTimedOut` when `duration` passes first. The call itself goes on.

    >>> result = await timeout(enrich.trigger_and_wait("python.org"), "30s")  # doctest: +SKIP
    """
    execution = _execution()
    return TimeLimited(call, _decide((call, sleep(execution, due_in_ms=duration_ms(duration))), key), duration)


class Selected(Awaitable[tuple[int, T]], Generic[T]):
    """What `select` returns."""

    def __init__(self, decision: Call[int], calls: Sequence[Call[T]]) -> None:
        self._decision = decision
        self._calls = calls

    def __await__(self) -> Generator[Any, None, tuple[int, T]]:
        index = yield from self._decision.__await__()
        value = yield from self._calls[index].__await__()
        return index, value

    def result(self) -> tuple[int, T]:
        """Block, in a `def` task."""
        index = self._decision.result()
        return index, self._calls[index].result()


class TimeLimited(Awaitable[T], Generic[T]):
    """What `timeout` returns."""

    def __init__(self, call: Call[T], decision: Call[int], duration: Duration) -> None:
        self._call = call
        self._decision = decision
        self._duration = duration

    def __await__(self) -> Generator[Any, None, T]:
        self._check((yield from self._decision.__await__()))
        return (yield from self._call.__await__())

    def result(self) -> T:
        """Block, in a `def` task."""
        self._check(self._decision.result())
        return self._call.result()

    def _check(self, winner: int) -> None:
        if winner == 1:
            raise WaitTimedOut(f"{self._call.key} was not done within {self._duration}")


class Completed(Generic[T]):
    """What `as_completed` returns: to iterate once."""

    def __init__(self, calls: Sequence[Call[T]]) -> None:
        self._left = list(calls)

    async def __aiter__(self) -> AsyncIterator[Call[T]]:
        while self._left:
            yield self._left.pop(await _decide(self._left, None))

    def __iter__(self) -> Iterator[Call[T]]:
        while self._left:
            yield self._left.pop(_decide(self._left, None).result())


def _decide(calls: Sequence[Call[Any]], key: str | None) -> Call[int]:
    """The recorded index of the call that is done first."""
    if not calls:
        raise InvalidInput("select needs at least one call")
    execution = _execution()
    if not all(isinstance(call, Call) for call in calls):
        raise InvalidInput("select takes durable calls: steps, children, waits. Make a step of other work")
    decision: Call[int]
    # Who awaits it waits for the engine, unless a step is among the calls, and that counts as work by itself.
    decision, prior = execution.open(EntryKind.DECISION, "", read=_read_index, on_engine=True, key=key)
    if prior is None:
        execution.on_loop(_Race(execution, decision, list(calls)).start)
    return decision


class _Race:
    """Watches calls until one is done, then records which."""

    def __init__(self, execution: Execution, decision: Call[int], calls: list[Call[Any]]) -> None:
        self._execution = execution
        self._decision = decision
        self._calls = calls

    def start(self) -> None:
        """Decide now, or when the first call is done. Of several that are done the first in order wins."""
        for call in self._calls:
            if self._decision.done:
                return
            call.observe(self._look)

    def _look(self) -> None:
        if self._decision.done:
            return
        index = next(index for index, call in enumerate(self._calls) if call.done)
        for call in self._calls:
            call.ignore(self._look)
        execution, now = self._execution, self._execution.host.now_ms()
        entry = Entry(
            self._decision.key,
            EntryKind.DECISION,
            code_version=execution.code_version,
            value=str(index),
            started_at=now,
            finished_at=now,
        )
        execution.record(NewEntry(entry))
        self._decision.finish(index)


def _read_index(entry: Entry) -> int:
    index: int = decode_json(entry.value or "0")
    return index


def _execution() -> Execution:
    execution = current_execution()
    if execution is None:
        raise NotDurableHere("select, as_completed and timeout need a run around them; outside of one use asyncio")
    return execution
