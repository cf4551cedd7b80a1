"""Scopes: where in a body a durable call happens, told by asyncio task and occurrence, not by time."""

from __future__ import annotations

import re
from contextvars import ContextVar
from hashlib import blake2b
from typing import TYPE_CHECKING

from runcast.domain.errors import InvalidInput
from runcast.domain.limits import KEY_CHARS_MAX

if TYPE_CHECKING:
    from runcast.sdk.execution import Execution

PATH_CHARS_MAX = 1_024
"""A longer path is replaced by its digest, so that deep recursion keeps its keys short."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Trial:
    """One try of a step: its body runs in the step's scope."""

    __slots__ = ("key", "number", "reset", "stream_number")

    def __init__(self, key: str, number: int) -> None:
        self.key = key
        self.number = number
        self.stream_number = 0
        self.reset: set[str] = set()
        """Streams whose parts of earlier tries were superseded by this one."""


class Scope:
    """One asyncio task's place in a body: its path, and how often each name occurred in it."""

    __slots__ = ("_counts", "effects", "execution", "path", "trial")
    refusal: str | None = None
    """Why durable calls are impossible here, if they are."""
    thread_id: int | None = None
    """The thread whose calls have an order here; None: the body's."""
    is_far: bool = False
    """True in another process, where a step's body was sent to: there is no execution."""

    def __init__(self, execution: Execution, path: str, trial: Trial | None = None) -> None:
        self.execution = execution
        self.path = path
        self.trial = trial
        """Not None: the scope is the body of a step."""
        self.effects = 0
        self._counts: dict[str, int] | None = None

    def next(self, name: str) -> str:
        """`path/name#n`: the key of the n-th occurrence of `name` here."""
        counts = self._counts
        if counts is None:
            counts = self._counts = {}
        number = counts[name] = counts.get(name, 0) + 1
        return f"{self.path}/{name}#{number}"

    def child(self, name: str) -> Scope:
        """The scope of an asyncio task that is created here. Inside a step there is only the step."""
        if self.trial is not None:
            return self
        path = self.next(name)
        if len(path) > PATH_CHARS_MAX:
            path = f"/~{blake2b(path.encode(), digest_size=16).hexdigest()}"
        return Scope(self.execution, path)


class HookScope(Scope):
    """Where a hook is: on a thread of its own choice, and perhaps without durable calls."""

    __slots__ = ("refusal", "thread_id")

    def __init__(self, execution: Execution, path: str, *, thread_id: int, refusal: str | None = None) -> None:
        super().__init__(execution, path)
        self.thread_id = thread_id
        self.refusal = refusal

    def child(self, name: str) -> Scope:
        if self.refusal is not None:
            return self
        assert self.thread_id is not None
        return HookScope(self.execution, super().child(name).path, thread_id=self.thread_id)


current_scope: ContextVar[Scope | None] = ContextVar("runcast_scope", default=None)


def check_key(key: str) -> str:
    """A `key=` that a caller gave. Raises `InvalidInput` for one that no journal can hold."""
    if not key or len(key) > KEY_CHARS_MAX or _UNSTORABLE.search(key):
        raise InvalidInput(
            f"key={key[:40]!r}: a key has 1 to {KEY_CHARS_MAX:,} characters, without NUL and lone surrogates"
        )
    return key
