"""The exception tree. Each error says what was asked, what was found, and what to do next.

RuncastError
├── InvalidInput            the caller's mistake; nothing was written
│   ├── InvalidPayload      a payload, output or setting of the wrong type
│   ├── ValueTooLarge       a value over a bound of `limits`
│   ├── UnknownTask         no task of that name
│   ├── DuplicateTask       two functions under one task name
│   └── NotDurableHere      a durable call where it cannot be recorded
├── NotFound                no run, wait, batch … of that id
├── Conflict                the thing is not in a state that allows this
├── Overloaded              a queue is full: the trigger was refused, try again later
├── TaskFailed              a child or awaited run ended without success
├── StepFailed              a step failed, rebuilt from the journal
├── BodyLost                a step's body was sent elsewhere, and lost there
├── WaitTimedOut            a wait's own timeout passed
├── Parked                  the run needs a person: drift, full journal, …
├── LostOwnership           another execution owns the run; this one must stop
├── AccessDenied            an engine's key, or its certificate, was not accepted
└── Unavailable             the store or engine cannot be reached or is broken
    ├── EngineStopped       the engine of this process has stopped and does not come back
    ├── DatabaseLocked      another engine owns the file
    ├── DatabaseCorrupt     the file is damaged or not a Runcast database
    ├── DatabaseReadOnly    the file or its directory cannot be written
    └── DiskFull            no space left; nothing of the request was kept
"""

from __future__ import annotations

import msgspec


class RuncastError(Exception):
    """Anything Runcast raises on purpose. `code` is stable, for programs."""

    code = "runcast_error"

    def details(self) -> dict[str, str | int | float | bool | None]:
        """Its attributes that any process can read."""
        plain = (str, int, float, bool, type(None))
        return {name: value for name, value in vars(self).items() if name[0] != "_" and isinstance(value, plain)}


class InvalidInput(RuncastError):
    """The caller's mistake; nothing was written."""

    code = "invalid_input"


class InvalidPayload(InvalidInput):
    """A payload, output or setting of the wrong type."""

    code = "invalid_payload"


class ValueTooLarge(InvalidInput):
    """A value over a bound named in `runcast.domain.limits`."""

    code = "value_too_large"


class UnknownTask(InvalidInput):
    """No task of that name is known."""

    code = "unknown_task"


class DuplicateTask(InvalidInput):
    """Two functions want the same task name."""

    code = "duplicate_task"


class NotDurableHere(InvalidInput):
    """A durable call from a place where it cannot be recorded: a step's body, a foreign thread."""

    code = "not_durable_here"


class NotFound(RuncastError):
    """Nothing has that id."""

    code = "not_found"


class Conflict(RuncastError):
    """The thing exists, but its state does not allow what was asked."""

    code = "conflict"


class Overloaded(RuncastError):
    """A queue has no room for what was triggered, and nothing of the request was stored. Try again later."""

    code = "overloaded"

    def __init__(self, message: str, *, queue: str = "", length: int = 0, bound: int = 0) -> None:
        self.queue = queue
        self.length = length
        """Runs that were queued."""
        self.bound = bound
        """The queue's `max_length`."""
        super().__init__(message)


class TaskFailed(RuncastError):
    """A run that was awaited ended without success. `run_id`, `status` and `error` say how."""

    code = "task_failed"

    def __init__(self, run_id: str, status: str, error: ErrorInfo | None) -> None:
        self.run_id = run_id
        self.status = status
        self.error = error
        detail = f": {error.name}: {error.message}" if error else ""
        super().__init__(f"run {run_id} ended {status}{detail}")


class StepFailed(RuncastError):
    """A step failed with an error whose class is not imported here; `error` holds the record."""

    code = "step_failed"

    def __init__(self, error: ErrorInfo) -> None:
        self.error = error
        super().__init__(f"{error.name}: {error.message}")


class BodyLost(RuncastError):
    """The place that a step's body was sent to (`on=`) lost it: its process died, or the cluster gave it up."""

    code = "body_lost"


class WaitTimedOut(RuncastError):
    """The wait's own timeout passed before anyone completed it."""

    code = "wait_timed_out"


class Parked(RuncastError):
    """The run cannot go on without a person; the message says why and what can be done."""

    code = "parked"


class LostOwnership(RuncastError):
    """Another execution owns the run now (its epoch is newer), or it was canceled."""

    code = "lost_ownership"


class AccessDenied(RuncastError):
    """The engine did not accept the key, or its certificate is not trusted here. To try again as it is does not help."""

    code = "access_denied"


class Unavailable(RuncastError):
    """The store or the engine cannot be reached, or refuses to work."""

    code = "unavailable"


class EngineStopped(Unavailable):
    """The engine in this process has stopped and does not come back. To other processes it is `Unavailable`, with that
    class's code: another engine may take its place."""


class DatabaseLocked(Unavailable):
    """Another engine owns the file, or another process works on it."""

    code = "database_locked"
    in_passing = False
    """Who has the file is no engine, but a request or a command, and lets go of it by itself."""


class DatabaseCorrupt(Unavailable):
    """The file is damaged, or is not a Runcast database."""

    code = "database_corrupt"


class DatabaseReadOnly(Unavailable):
    """The file or its directory cannot be written."""

    code = "database_read_only"


class DiskFull(Unavailable):
    """No space left on the device; the request was rolled back whole."""

    code = "disk_full"


class ErrorInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error as it is recorded: never pickled, readable by people and programs."""

    type: str
    """Qualified class name, such as `builtins.ValueError`."""
    message: str
    stack: str = ""
    """The formatted traceback, user frames first."""
    user_message: str | None = None
    """What people see first, if the error carries one."""
    code: str | None = None
    keys: tuple[str, ...] = ()
    """Journal keys whose failure led here, found in the exception's chain."""
    args: str | None = None
    """JSON array of the exception's arguments, if they are JSON, to rebuild it."""

    @property
    def name(self) -> str:
        """The type as people write it: without the module of what Python and Runcast bring along.

        >>> ErrorInfo("builtins.ValueError", "no").name, ErrorInfo("shop.errors.SoldOut", "no").name
        ('ValueError', 'shop.errors.SoldOut')
        """
        module, _, name = self.type.rpartition(".")
        return name if module.partition(".")[0] in ("builtins", "runcast") else self.type
