"""Engine time never goes back in a database: an engine whose clock is behind what was recorded goes on from there."""

from __future__ import annotations

import logging

from runcast.clock import Clock, OnwardClock
from runcast.domain.cron import at_text
from runcast.domain.limits import TURNED_BACK_MAX_MS
from runcast.store.script import Script, call
from runcast.store.sqlite.database import SqliteSession

_TURNED_BACK = (
    "the clock was turned back by %.1f s since %s: times go on from there, at half the pace until it has caught up"
)
_BEYOND = (
    "the database was last written to at %s, and it is %s now. If the clock is wrong, stop and set it. If it was wrong "
    "then: times go on from now, and `runcast doctor` names what waits for a time that is far"
)
log = logging.getLogger("runcast.store")


def go_on(session: SqliteSession, clock: Clock) -> Clock:
    """The clock for an engine on this database, which nobody else has open. Says so when the two disagree."""
    recorded = session.run(_newest(), [])
    now = clock.now_ms()
    behind_ms = recorded - now
    if behind_ms <= 0:
        return clock
    if behind_ms > TURNED_BACK_MAX_MS:
        with session.connection:
            session.run(_let_go(now), [])
        log.warning(_BEYOND, at_text(recorded), at_text(now))
        return clock
    # By less than a second time servers correct a clock all day.
    level = logging.WARNING if behind_ms >= 1_000 else logging.DEBUG
    log.log(level, _TURNED_BACK, behind_ms / 1000, at_text(recorded))
    return OnwardClock(clock, recorded)


def _newest() -> Script[int]:
    """When this database was last written to, as far as the order of times matters; 0 for one without runs."""
    at: int | None = yield call("newest_time")
    return at or 0


def _let_go(now: int) -> Script[None]:
    """Of what was recorded in a time to come, what is compared with the present happened now."""
    yield call("resolved_until", now=now)
    yield call("waiting_until", now=now)
