"""Handles of what was triggered: a run or a batch, to fetch, await, follow and cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from runcast.domain.errors import ErrorInfo, InvalidInput, NotFound, TaskFailed
from runcast.domain.ids import BatchId, RunId
from runcast.domain.message import Message
from runcast.domain.run import LABELS, End, Run, RunStatus
from runcast.domain.usage import RunUsage
from runcast.gateway import ClientGateway
from runcast.sdk.ambient import page_url, public_url
from runcast.sdk.call import Call
from runcast.sdk.children import wait_for_output
from runcast.sdk.codec import decode_json, encode_json
from runcast.sdk.doors import Door
from runcast.sdk.durations import Duration, duration_ms, instant_ms
from runcast.sdk.execution import current_execution
from runcast.sdk.follow import follow_one
from runcast.sdk.messages import send, send_through
from runcast.sdk.options import check_key
from runcast.sdk.outside import Following
from runcast.sdk.result import Failed, Ok
from runcast.sdk.snapshot import RunSnapshot

T = TypeVar("T")

FindDoor = Callable[[], Door]


class RunHandle(Generic[T]):
    """A run that was triggered.

    >>> run = await enrich.trigger("python.org")  # doctest: +SKIP
    >>> company = await run.result(timeout="1m")  # doctest: +SKIP
    """

    def __init__(
        self,
        id: RunId,
        *,
        door: FindDoor,
        decode: Callable[[str], T] = decode_json,
        cached: bool = False,
    ) -> None:
        self.id = id
        self.cached = cached
        """True when an idempotency key named a run that already existed."""
        self._door = door
        self.decode = decode
        """Reads the output (JSON text) by the task's return annotation."""

    def __repr__(self) -> str:
        return f"<run {self.id}>"

    @property
    def url(self) -> str:
        """Its page below `public_url`; while that is not set, the command that shows it."""
        return page_url(f"runs/{self.id}", command=f"runcast watch {self.id}", base=public_url())

    def fetch(self) -> Call[RunSnapshot[T]]:
        """The run as it is now. Raises `NotFound` when it was pruned."""
        return self._door().call(self._fetch)

    def result(self, *, timeout: Duration | None = None) -> Call[T]:
        """The output, once the run has ended. Raises `TaskFailed`, or `TimeoutError` after `timeout` (`"30s"`, or seconds).

        Inside a run it is a wait like any other: recorded, without a slot.
        """
        execution = current_execution()
        if execution is None:
            return self.wait_result(timeout=timeout)
        if timeout is not None:
            raise InvalidInput('inside a run write `timeout(handle.result(), "30s")`: who came first is recorded')
        return wait_for_output(execution, self.id, self.decode)

    def wait_result(self, *, timeout: Duration | None = None) -> Call[T]:
        """Like `result`, but asks the engine itself also inside a run: nothing is recorded."""
        timeout_s = _seconds(timeout)
        return self._door().wait(lambda gateway: self._result(gateway, timeout_s))

    def usage(self) -> Call[RunUsage]:
        """What the run used so far and what that cost, by itself and with everything below it.

        >>> (await run.usage()).total.cost  # doctest: +SKIP
        Decimal('0.0183')
        """
        return self._door().call(lambda gateway: gateway.usage(self.id))

    def follow(self) -> Following[RunSnapshot[T]]:
        """The run now, and after every change, until it has ended: `for` or `async for`."""
        return self._door().follow(lambda: follow_one(self.id, self.decode).updates)

    def reschedule(self, *, delay: Duration | datetime) -> Call[RunSnapshot[T]]:
        """Let the run, while it is delayed, start after another `delay`, from now, or at another time.

        Its ttl moves with it. Raises `Conflict` when it is not delayed or has started. Nothing is recorded: in a body
        that is executed again it happens again.

        >>> await run.reschedule(delay="1h")  # doctest: +SKIP
        """
        if isinstance(delay, datetime):
            start_at, delay_ms = instant_ms(delay, name="delay"), 0
        else:
            start_at, delay_ms = None, duration_ms(delay, name="delay")

        async def ask(gateway: ClientGateway) -> RunSnapshot[T]:
            moved = await gateway.reschedule(self.id, delay_ms=delay_ms, start_at=start_at)
            return RunSnapshot(moved, self.decode)

        return self._door().call(ask)

    def cancel(self, *, force: bool = False) -> Call[bool]:
        """Cancel the run and its live children; True if it was live. `force`: as `Client.cancel` says."""

        async def ask(gateway: ClientGateway) -> bool:
            return self.id in await gateway.cancel([self.id], force=force)

        return self._door().call(ask)

    def send(self, inbox: str, message: Any, *, key: str | None = None) -> Call[Message]:
        """Send to an inbox of the run; two messages of one `key` are one. In a body it is sent exactly once.

        >>> await run.send("approvals", True)  # doctest: +SKIP
        """
        text = encode_json(message, what=f"message to inbox {inbox!r}")
        if current_execution() is None:
            return send_through(self._door(), self.id, inbox, text, key=check_key(key, "key"))
        return send(self.id, inbox, text, key=key)

    async def _fetch(self, gateway: ClientGateway) -> RunSnapshot[T]:
        return RunSnapshot(await get_run(gateway, self.id), self.decode)

    async def _result(self, gateway: ClientGateway, timeout_s: float | None) -> T:
        async with asyncio.timeout(timeout_s):
            (end,) = await gateway.ends([self.id])
        if end.status is not RunStatus.COMPLETED:
            raise TaskFailed(self.id, end.status, end.error)
        return self.decode(end.output if end.output is not None else "null")


class BatchHandle(Generic[T]):
    """Runs that were triggered together, in order."""

    def __init__(
        self, id: BatchId, run_ids: Sequence[RunId], decoders: Sequence[Callable[[str], T]], *, door: FindDoor
    ) -> None:
        self.id = id
        self.run_ids = tuple(run_ids)
        self._decoders = decoders
        self._door = door

    @cached_property
    def runs(self) -> tuple[RunHandle[T], ...]:
        """A handle for each run."""
        pairs = zip(self.run_ids, self._decoders, strict=True)
        return tuple(RunHandle(run_id, door=self._door, decode=decode) for run_id, decode in pairs)

    def __len__(self) -> int:
        return len(self.run_ids)

    def __repr__(self) -> str:
        return f"<batch {self.id} of {len(self)} runs>"

    def fetch(self) -> Call[list[RunSnapshot[T]]]:
        """All runs as they are now, in order."""
        return self._door().call(self._fetch)

    def results(self, *, timeout: Duration | None = None) -> Call[list[Ok[T] | Failed]]:
        """How each run ended, in order, once all have. Raises `TimeoutError` after `timeout` (`"30s"`, or seconds)."""
        timeout_s = _seconds(timeout)

        async def collect(gateway: ClientGateway) -> list[Ok[T] | Failed]:
            async with asyncio.timeout(timeout_s):
                return await self.collect(gateway)

        return self._door().wait(collect)

    def cancel(self) -> Call[int]:
        """Cancel what is live; how many runs that were."""
        return self._door().call(self._cancel)

    async def _fetch(self, gateway: ClientGateway) -> list[RunSnapshot[T]]:
        found = {run.id: run for run in await gateway.members(self.id)}
        # A run that an idempotency key named belongs to another batch, or to none.
        runs = [found.get(run_id) or await get_run(gateway, run_id) for run_id in self.run_ids]
        return [RunSnapshot(run, decode) for run, decode in zip(runs, self._decoders, strict=True)]

    async def collect(self, gateway: ClientGateway) -> list[Ok[T] | Failed]:
        """The results, asked of `gateway` in one request."""
        ends = await gateway.ends(self.run_ids)
        return [to_result(end, decode) for end, decode in zip(ends, self._decoders, strict=True)]

    async def _cancel(self, gateway: ClientGateway) -> int:
        return len(await gateway.cancel(self.run_ids))


def to_result(run: Run | End, decode: Callable[[str], T]) -> Ok[T] | Failed:
    """A finished run as `Ok` or `Failed`."""
    if run.status is RunStatus.COMPLETED:
        return Ok(decode(run.output if run.output is not None else "null"), run.id)
    error = run.error or ErrorInfo(type=run.status.value, message=LABELS[run.status])
    return Failed(error, run.id, run.status)


async def get_run(gateway: ClientGateway, run_id: RunId) -> Run:
    """A run; raises `NotFound`."""
    run = await gateway.find_run(run_id)
    if run is None:
        raise NotFound(f"no run {run_id} in this database")
    return run


def _seconds(timeout: Duration | None) -> float | None:
    return None if timeout is None else duration_ms(timeout, name="timeout") / 1000
