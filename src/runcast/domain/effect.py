"""Effects: what a body adds to its run while it runs. Each is applied once, however often the body executes."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from runcast.domain.errors import ErrorInfo

ROUNDS_SCOPE = "#rounds"
"""Among the applied counts: how often the body restarted by `Continue`. No scope of a body has this name."""


_TRY_SCOPE = re.compile(r"@(?:\d+:)?\d+\.\d+$", re.ASCII)


def is_of_try(scope: str) -> bool:
    """Whether a scope is of one try of a step, `key@epoch.try`, rather than of all its tries, or of the body.

    >>> is_of_try("fetch@1.2"), is_of_try("fetch"), is_of_try("mail:ada@example.com")
    (True, False, False)
    """
    return _TRY_SCOPE.search(scope) is not None


class EffectKind(StrEnum):
    SET = "set"
    """metadata: `key` = `value`"""
    DELETE = "delete"
    APPEND = "append"
    """metadata: add `value` to the list at `key`"""
    REMOVE = "remove"
    """metadata: take `value` out of the list at `key`"""
    INCREMENT = "increment"
    """metadata: add the number `value` to the one at `key`"""
    REPLACE = "replace"
    """metadata: the whole object becomes `value`"""
    PART = "part"
    """stream `key`: append `value` (JSON text)"""
    RESET = "reset"
    """stream `key`: the parts that scopes starting with `value` wrote are superseded"""
    CLOSE = "close"
    """stream `key` is complete"""
    LOG = "log"
    """`key` is the level, `value` a JSON object `{message, data?}`"""
    TAG = "tag"
    """`key` is added to the run's tags"""
    ARTIFACT = "artifact"
    """`key` is the name, `value` a JSON object `{content_type, text | base64}`"""
    TRY = "try"
    """`key` is a step's key, `value` a `Try`: of a step that is not done yet"""
    USAGE = "usage"
    """`key` is the name, `value` a JSON object `{unit, quantity, cost}` of millionths and of billionths of a dollar"""


class Target(StrEnum):
    """Whose metadata or stream: the run's own, its parent's, or its root's. Without an ancestor: its own."""

    SELF = "self"
    PARENT = "parent"
    ROOT = "root"


class Effect(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One effect, the `number`-th (from 1) of its scope.

    The engine applies it only when `number` is greater than the scope's applied count, and raises the count in
    the same transaction. Scope "" with number 0 means: never counted (a log of one try of a step).
    """

    kind: EffectKind
    key: str
    value: str = "null"
    """JSON text."""
    target: Target = Target.SELF
    scope: str = ""
    number: int = 0
    at: int = 0
    """Engine time in ms as the worker knows it; 0: when it is applied."""


_OF_STEP = "step:"


def lines_scope(key: str, number: int) -> str:
    """The scope of the log lines of one try of a step: never counted, and known as the step's."""
    return f"{_OF_STEP}{number}:{key}"


def step_of_lines(scope: str) -> str | None:
    """The key of the step whose lines have this scope.

    >>> step_of_lines(lines_scope("fetch:0", 2)), step_of_lines("/")
    ('fetch:0', None)
    """
    return scope.split(":", 2)[2] if scope.startswith(_OF_STEP) else None


class Try(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A try of a step, told before the step's record is written."""

    name: str
    number: int
    started_at: int
    failed_at: int | None = None
    retry_at: int | None = None
    """When the next one begins."""
    error: ErrorInfo | None = None


class Log(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A log line, as anyone may read it."""

    seq: int
    at: int
    level: str
    message: str
    data: str | None = None
    attempt: int = 1
    scope: str = ""


class Part(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One part of a stream. `seq` counts from 0 without gaps; a `reset` part tells readers to drop `value["seqs"]`."""

    stream: str
    seq: int
    kind: str
    """`data`, `reset` or `close`."""
    value: str
    at: int
    superseded: bool = False


class Artifact(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A stored result that a person looks at."""

    id: str
    name: str
    content_type: str
    size: int
    created_at: int
    attempt: int = 1
