"""One execution of a run: what its durable calls share, and where they become records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from runcast.domain.ids import BatchId, RunId
from runcast.sdk.call import Call
from runcast.sdk.child import ChildRequest
from runcast.sdk.result import Failed, Ok
from runcast.sdk.scope import current_scope

T = TypeVar("T")


def current_execution() -> Execution | None:
    """The execution whose body is running here, or None outside of any."""
    scope = current_scope.get()
    return None if scope is None else scope.execution


class Execution:
    """One execution of one run. Durable calls take their key when they are called; see `sdk.scope`."""

    run_id: RunId

    def trigger(self, request: ChildRequest, wrap: Callable[[RunId], T]) -> Call[T]:
        """Trigger a child without waiting for it; `wrap` makes the handle from its id, after the commit."""
        raise NotImplementedError

    def trigger_and_wait(self, request: ChildRequest) -> Call[Ok[Any] | Failed]:
        """Trigger a child and wait for its end."""
        raise NotImplementedError

    def batch_trigger(
        self, requests: Sequence[ChildRequest], wrap: Callable[[BatchId, list[RunId]], T], *, key: str | None = None
    ) -> Call[T]:
        """Trigger children together without waiting; `wrap` makes the handle from the batch's and the runs' ids."""
        raise NotImplementedError

    def batch_trigger_and_wait(
        self, requests: Sequence[ChildRequest], *, key: str | None = None
    ) -> Call[list[Ok[Any] | Failed]]:
        """Trigger children together and wait for all of them; results in the order of the requests."""
        raise NotImplementedError

    def wait_for_run(self, run_id: RunId, decode: Callable[[str], Any]) -> Call[Ok[Any] | Failed]:
        """Wait for a run that is not (or not known to be) a child: `handle.result()` inside a body."""
        raise NotImplementedError
