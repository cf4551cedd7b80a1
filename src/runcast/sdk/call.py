"""`Call[T]`: a durable call that was made; await it, gather it, or block on it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")
V = TypeVar("V")


class Call(Generic[T]):
    """A durable call. Await it (again and again, if you like); `unwrap()` turns a failed result into an error."""

    def __await__(self) -> Generator[Any, None, T]:
        raise NotImplementedError

    def result(self) -> T:
        """Block until it is done, in a `def` task."""
        raise NotImplementedError
