"""`Debounce`: triggers of one key within a while become one run."""

from __future__ import annotations

from typing import Literal

from runcast.domain import run as domain
from runcast.domain.debounce import check_debounce
from runcast.domain.errors import InvalidInput
from runcast.sdk.durations import Duration, duration_ms


class Debounce:
    """An option of a trigger: while the run of this task and key has not started, further triggers only push it.

    Each trigger moves the start to `delay` from now (at least 1 s) and returns the same run. `mode="leading"` keeps the
    data of the first trigger; `"trailing"` takes payload, metadata, tags, max attempts, max duration and machine of the
    newest. A trigger that would push the start more than `max_delay` past the run's creation makes a new run.

    >>> Debounce("user-7", "5s", mode="trailing", max_delay="1m").settings.delay_ms
    5000
    """

    __slots__ = ("settings",)

    def __init__(
        self,
        key: str,
        delay: Duration,
        *,
        mode: Literal["leading", "trailing"] = "leading",
        max_delay: Duration | None = None,
    ) -> None:
        if mode not in ("leading", "trailing"):
            raise InvalidInput(f'mode of a debounce must be "leading" or "trailing", got {mode!r}')
        if not isinstance(key, str):
            raise InvalidInput(f"a debounce key is a string, got {key!r}")
        self.settings = domain.Debounce(
            key=key,
            delay_ms=duration_ms(delay, name="delay of a debounce"),
            trailing=mode == "trailing",
            max_delay_ms=None if max_delay is None else duration_ms(max_delay, name="max_delay"),
        )
        check_debounce(self.settings)

    def __repr__(self) -> str:
        return f"Debounce({self.settings.key!r})"
