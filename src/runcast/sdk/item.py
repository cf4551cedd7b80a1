"""One run of a batch, before it is triggered."""

from __future__ import annotations

from typing import Generic, TypeVar

from runcast.sdk.child import ChildRequest

R_co = TypeVar("R_co", covariant=True)


class BatchItem(Generic[R_co]):
    """One run of a batch: made by `task.item(…)` with the task's own parameters."""

    __slots__ = ("request",)

    def __init__(self, request: ChildRequest) -> None:
        self.request = request
