"""Who of several engines does what one is enough for: a row with a lease, and an epoch that rises with each new holder."""

from __future__ import annotations

from runcast.store.script import Script, call


def take(name: str, holder: str, now: int, lease_ms: int) -> Script[bool]:
    """Take or keep a duty. False: another holds it, and its lease has not run out."""
    yield call("take_duty", name=name, holder=holder, until=now + lease_ms, now=now)
    found: str | None = yield call("duty_holder", name=name)
    return found == holder
