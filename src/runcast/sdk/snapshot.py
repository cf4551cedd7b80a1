"""A run as a program reads it: its row at one moment, with JSON decoded when asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from runcast.domain.errors import ErrorInfo, TaskFailed
from runcast.domain.run import Counts, Run, RunStatus
from runcast.domain.sealed import is_sealed
from runcast.sdk.codec import decode_json
from runcast.sdk.sealing import SEALED, refuse_sealed

T = TypeVar("T")


class RunSnapshot(Generic[T]):
    """What a run was when it was read. `run` is the whole row; times are milliseconds since the epoch."""

    def __init__(self, run: Run, decode: Callable[[str], T] = decode_json) -> None:
        self.run = run
        self._decode = decode

    def __repr__(self) -> str:
        return f"<run {self.id} {self.task} {self.status}>"

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def task(self) -> str:
        return self.run.task

    @property
    def status(self) -> RunStatus:
        """As pages show it: between two attempts a run still shows `EXECUTING`."""
        return self.run.shown

    @property
    def label(self) -> str:
        """The status in a word for people."""
        return self.run.label

    @property
    def is_final(self) -> bool:
        return self.run.is_final

    @property
    def ok(self) -> bool:
        """True when it completed."""
        return self.run.status is RunStatus.COMPLETED

    @cached_property
    def payload(self) -> Any:
        """The payload as plain JSON values."""
        return SEALED if is_sealed(self.run.payload) else decode_json(self.run.payload)

    @cached_property
    def metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = decode_json(self.run.metadata)
        return found

    @cached_property
    def output(self) -> T | None:
        """What the task returned, by its return annotation; None before the end and after a failure."""
        if self.run.output is None or not self.ok:
            return None
        return cast(T, SEALED) if is_sealed(self.run.output) else self._decode(self.run.output)

    @property
    def error(self) -> ErrorInfo | None:
        return self.run.error

    @property
    def tags(self) -> tuple[str, ...]:
        return self.run.tags

    @property
    def attempt(self) -> int:
        return self.run.attempt

    @property
    def parked_reason(self) -> str | None:
        """Why the run waits for a person, if it does."""
        return self.run.parked_reason

    @property
    def counts(self) -> Counts | None:
        """How its items ended, for a run that counts them."""
        return self.run.counts

    @property
    def outcome(self) -> str | None:
        """`completed`, `partial` or `failed`, for a finished run that counted items."""
        return self.run.outcome

    @property
    def created_at(self) -> int:
        return self.run.created_at

    @property
    def started_at(self) -> int | None:
        return self.run.started_at

    @property
    def finished_at(self) -> int | None:
        return self.run.finished_at

    def unwrap(self) -> T:
        """The output of a finished run; raises `TaskFailed` when it ended otherwise."""
        if not self.ok:
            raise TaskFailed(self.run.id, self.run.status, self.run.error)
        output = self.run.output if self.run.output is not None else "null"
        refuse_sealed(output, f"the output of run {self.run.id}")
        return self._decode(output)
