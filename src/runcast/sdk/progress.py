"""`progress`: the keys of metadata that every page and terminal reads."""

from __future__ import annotations

from runcast.domain.errors import InvalidInput
from runcast.sdk import metadata


def progress(percent: float, step: str | None = None, *, eta_s: float | None = None, error: str | None = None) -> None:
    """Say how far the run is: 0-100, what it does now, about how many seconds remain, what went wrong.

    Writes `progress`, `currentStep`, `estimatedTimeRemaining` and `error`; what is not given stays as it is.

    >>> progress(40, "researching", eta_s=90)  # doctest: +SKIP
    """
    if not 0 <= percent <= 100:
        raise InvalidInput(f"progress is a number from 0 to 100, got {percent!r}")
    metadata.set("progress", percent)
    if step is not None:
        metadata.set("currentStep", step)
    if eta_s is not None:
        metadata.set("estimatedTimeRemaining", eta_s)
    if error is not None:
        metadata.set("error", error)
