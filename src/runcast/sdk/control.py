"""What a body raises to decide its own end: `AbortRun`, `CompleteRun` and `Continue`."""

from __future__ import annotations

from typing import Any

from runcast.domain.errors import RuncastError


class AbortRun(RuncastError):
    """Fail the run now: no further attempt, whatever the retry policy says. In a step: no further try.

    >>> raise AbortRun("the account is closed")  # doctest: +SKIP
    """

    code = "abort_run"


class Continue(BaseException):
    """Start the body again under the same run id, with these arguments and an empty journal.

    For loops that live for weeks: a journal has a bound. Not an `Exception`, so that `except Exception` lets it
    pass; raise it from the body itself, not from a branch of a `TaskGroup`.

    >>> raise Continue(page=page + 1)  # doctest: +SKIP
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args)
        self.kwargs = kwargs


class CompleteRun(BaseException):
    """End the run successfully with this output, from however deep in its body.

    Not an `Exception`, so that `except Exception` lets it pass. In a step it is a failure like any other: a step has a
    result of its own.

    >>> raise CompleteRun(Company(domain, "parked"))  # doctest: +SKIP
    """

    def __init__(self, output: Any = None) -> None:
        super().__init__(output)
        self.output = output
