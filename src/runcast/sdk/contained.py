"""A branch of a body that asks for the end of the process ends only itself."""

from __future__ import annotations

from collections.abc import Coroutine
from types import TracebackType
from typing import Any


class Contained(Coroutine[Any, Any, Any]):
    """A coroutine whose `SystemExit` or `KeyboardInterrupt` becomes a `RuntimeError`.

    asyncio lets these two out of the event loop, and with it would go every other run of the worker. The body itself may
    raise them: it is caught before asyncio sees it. Whatever else is asked of the coroutine, it answers itself.
    """

    __slots__ = ("_coro",)

    def __init__(self, coro: Coroutine[Any, Any, Any]) -> None:
        self._coro = coro

    def send(self, value: Any) -> Any:
        try:
            return self._coro.send(value)
        except (SystemExit, KeyboardInterrupt) as error:
            raise _branch_error(error) from error

    def throw(  # type: ignore[override]
        self, kind: Any, value: BaseException | None = None, trace: TracebackType | None = None
    ) -> Any:
        try:
            # asyncio throws an instance; the form with three arguments is deprecated.
            return self._coro.throw(kind if value is None else value)
        except (SystemExit, KeyboardInterrupt) as error:
            raise _branch_error(error) from error

    def close(self) -> None:
        self._coro.close()

    def __await__(self) -> Any:
        return self._coro.__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._coro, name)


def _branch_error(error: BaseException) -> RuntimeError:
    return RuntimeError(f"a branch of the body raised {type(error).__name__}({error}): raise an ordinary error instead")
