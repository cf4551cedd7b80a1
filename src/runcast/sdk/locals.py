"""`Local`: a typed place in a run's memory, shared by its middleware, its hooks and its body."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from runcast.domain.errors import NotFound
from runcast.sdk.execution import current_execution

T = TypeVar("T")


class Local(Generic[T]):
    """A value of each run, such as a connection that middleware opened.

    It lives in memory for one execution: never recorded, and empty again when the run is executed anew, so set it where
    every execution passes (middleware, `on_start_attempt`). Steps see it too. Outside of a run it is a value of the
    context, as a `ContextVar` is, so that a task can be called plainly.

    >>> TENANT = Local[str]("tenant")
    >>> TENANT.set("acme")
    >>> TENANT.get()
    'acme'
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<local {self.name}>"

    def get(self) -> T | None:
        """The value, or None if none was set."""
        values = _values()
        return None if values is None else values.get(self)

    def get_or_raise(self) -> T:
        """The value; raises `NotFound` if none was set."""
        values = _values()
        if values is None or self not in values:
            raise NotFound(f"the local {self.name!r} is not set in this execution: set it in a middleware")
        value: T = values[self]
        return value

    def set(self, value: T) -> None:
        """Set it for the rest of this execution."""
        execution = current_execution()
        if execution is None:
            outside.set({**(outside.get() or {}), self: value})
        elif execution.locals is None:
            execution.locals = {self: value}
        else:
            execution.locals[self] = value


outside: ContextVar[dict[object, Any] | None] = ContextVar("runcast_locals", default=None)
"""Locals where no run executes; of a run that is over, for its last hooks."""


def _values() -> dict[Any, Any] | None:
    execution = current_execution()
    return outside.get() if execution is None else execution.locals
