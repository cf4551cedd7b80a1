"""What a debounce may be."""

from __future__ import annotations

from runcast.domain.errors import InvalidInput
from runcast.domain.limits import DEBOUNCE_KEY_CHARS_MAX, DEBOUNCE_MS_MIN
from runcast.domain.run import Debounce


def check_debounce(debounce: Debounce) -> None:
    """Raise `InvalidInput` that names what is wrong."""
    key = debounce.key
    if not key or len(key) > DEBOUNCE_KEY_CHARS_MAX or "\0" in key:
        raise InvalidInput(f"a debounce key has 1 to {DEBOUNCE_KEY_CHARS_MAX} characters and no NUL, got {key[:40]!r}")
    if debounce.delay_ms < DEBOUNCE_MS_MIN:
        raise InvalidInput(f"a debounce delay is at least {DEBOUNCE_MS_MIN / 1000:g} s, got {debounce.delay_ms} ms")
    if debounce.max_delay_ms is not None and debounce.delay_ms >= debounce.max_delay_ms:
        raise InvalidInput(
            f"a debounce delay is shorter than its max_delay, got {debounce.delay_ms} ms and {debounce.max_delay_ms} ms"
        )
