"""`Retention`: how long finished runs of a task are kept."""

from __future__ import annotations

from runcast.domain import retention as domain
from runcast.domain.errors import InvalidInput
from runcast.sdk.durations import Duration, duration_ms


class Retention:
    """How long a task's finished runs stay, with everything below them; a live tree is never removed.

    `failed` holds for runs that failed, crashed or timed out, `canceled` for those that were canceled or expired; both
    default to `keep`. The `last` newest finished runs of the task stay, whatever their age. A run below another goes
    with the root of its tree.

    >>> Retention("7d", failed="90d", last=100).settings.failed_ms
    7776000000
    """

    __slots__ = ("settings",)

    def __init__(
        self, keep: Duration, *, failed: Duration | None = None, canceled: Duration | None = None, last: int = 0
    ) -> None:
        if type(last) is not int or last < 0:
            raise InvalidInput(f"last must be a whole number from 0, got {last!r}")
        self.settings = domain.Retention(
            keep_ms=duration_ms(keep, name="retention"),
            failed_ms=None if failed is None else duration_ms(failed, name="failed"),
            canceled_ms=None if canceled is None else duration_ms(canceled, name="canceled"),
            last=last,
        )

    def __repr__(self) -> str:
        return f"Retention({self.settings})"


def parse_retention(given: Retention | Duration | None) -> domain.Retention | None:
    """What `@task(retention=…)` was given."""
    if given is None:
        return None
    return (given if isinstance(given, Retention) else Retention(given)).settings
