"""Queues of a running engine: look at them, change their limits, pause and resume them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import UNSET, UnsetType

from runcast.domain.durations import Duration, duration_ms
from runcast.domain.errors import NotFound
from runcast.domain.queue import QueueChange, QueueState
from runcast.gateway import ClientGateway
from runcast.sdk.call import Call
from runcast.sdk.doors import Door
from runcast.sdk.queues import Queue, parse_rate

ENVIRONMENT = "dev"
"""Where a program lives that says nothing else."""


class Queues:
    """`client.queues`: every method returns a call. A queue is given as a `Queue` or by its name.

    >>> await client.queues.set("web", concurrency=5)  # doctest: +SKIP
    >>> await client.queues.pause("web")  # doctest: +SKIP

    What a person sets stays until `reset`, also when a worker with other limits in its code starts.
    """

    def __init__(self, door: Callable[[], Door]) -> None:
        self._door = door

    def list(self, *, environment: str | None = None) -> Call[Sequence[QueueState]]:
        """Queues of one environment, or (None) of all, with their limits and how full they are."""

        async def ask(gateway: ClientGateway) -> Sequence[QueueState]:
            found = await gateway.queues()
            return [queue for queue in found if environment in (None, queue.environment)]

        return self._door().call(ask)

    def get(self, queue: Queue | str, *, environment: str = ENVIRONMENT) -> Call[QueueState]:
        """One queue as it is now. Raises `NotFound`."""
        name = _name(queue)

        async def ask(gateway: ClientGateway) -> QueueState:
            for found in await gateway.queues():
                if (found.name, found.environment) == (name, environment):
                    return found
            raise NotFound(f"no queue {name!r} in environment {environment!r}")

        return self._door().call(ask)

    def set(
        self,
        queue: Queue | str,
        *,
        concurrency: int | UnsetType | None = UNSET,
        per_key: int | UnsetType | None = UNSET,
        rate: str | UnsetType | None = UNSET,
        max_length: int | UnsetType | None = UNSET,
        expires: Duration | None = None,
        environment: str = ENVIRONMENT,
    ) -> Call[QueueState]:
        """Change limits; what is not given stays, and None takes a limit away. Runs that have room now start at once.

        `expires`: for how long, such as `"1h"`; then all limits are again those that the code declares, whatever happens to this
        program. Without it, until `reset`.

        >>> await client.queues.set("web", concurrency=50, expires="1h")  # doctest: +SKIP

        Lowering a limit stops nothing that executes: it holds from the next start on. Raises `NotFound`, `InvalidInput`.
        """
        for_ms = UNSET if expires is None else duration_ms(expires, name="expires")
        change = QueueChange(
            concurrency=concurrency, per_key=per_key, rate=_rate(rate), max_length=max_length, for_ms=for_ms
        )
        return self._change(queue, change, environment)

    def pause(self, queue: Queue | str, *, environment: str = ENVIRONMENT) -> Call[QueueState]:
        """Start nothing more of the queue; what executes goes on, and a run that waited goes on after the resume."""
        return self._change(queue, QueueChange(paused=True), environment)

    def resume(self, queue: Queue | str, *, environment: str = ENVIRONMENT) -> Call[QueueState]:
        """End the pause."""
        return self._change(queue, QueueChange(paused=False), environment)

    def reset(self, queue: Queue | str, *, environment: str = ENVIRONMENT) -> Call[QueueState]:
        """Back to the limits that the code declares; a pause stays."""
        return self._change(queue, QueueChange(reset=True), environment)

    def _change(self, queue: Queue | str, change: QueueChange, environment: str) -> Call[QueueState]:
        name = _name(queue)
        return self._door().call(lambda gateway: gateway.change_queue(name, change, environment=environment))


def _name(queue: Queue | str) -> str:
    return queue if isinstance(queue, str) else queue.name


def _rate(rate: str | UnsetType | None) -> tuple[int, int] | UnsetType | None:
    if rate is UNSET or isinstance(rate, UnsetType):
        return UNSET
    count, period_ms = parse_rate(rate)
    return None if count is None or period_ms is None else (count, period_ms)
