"""How something that was waited for ended: `Ok` with its output, or `Failed` with its error."""

from __future__ import annotations

from typing import Generic, Literal, NoReturn, TypeVar

import msgspec

from runcast.domain.errors import ErrorInfo, RuncastError, TaskFailed, WaitTimedOut
from runcast.sdk.blame import blame

T = TypeVar("T")


class Ok(msgspec.Struct, Generic[T], frozen=True):
    """It ended well, with `output`."""

    output: T
    run_id: str | None = None
    """The child run, where there is one."""
    ok: Literal[True] = True

    @property
    def error(self) -> None:
        return None

    def unwrap(self) -> T:
        """The output."""
        return self.output


class Failed(msgspec.Struct, frozen=True):
    """It ended without success; `error` says why."""

    error: ErrorInfo
    run_id: str | None = None
    """The child run, where there is one."""
    status: str = "FAILED"
    key: str = ""
    """The journal key that a retry of the caller forgets when the error reaches it."""
    ok: Literal[False] = False

    @property
    def output(self) -> None:
        return None

    def unwrap(self) -> NoReturn:
        """Raises `TaskFailed`, or `WaitTimedOut` for a wait that nobody completed."""
        raise self.exception()

    def exception(self) -> RuncastError:
        """What `unwrap` raises."""
        error: RuncastError
        if self.run_id is None and self.error.code == WaitTimedOut.code:
            error = WaitTimedOut(self.error.message)
        else:
            error = TaskFailed(self.run_id or "", self.status, self.error)
        if self.key:
            blame(error, self.key)
        return error


Result = Ok[T] | Failed
"""`Ok[T] | Failed`: test `.ok`, then read `.output` or `.error`; `.unwrap()` returns or raises.

mypy narrows by `if result.ok`; pyright by `if result.ok is True`, and both by `isinstance(result, Ok)`.
"""
