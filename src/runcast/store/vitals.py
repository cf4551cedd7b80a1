"""How full queues are and what is late: what an operator's monitor asks every few seconds, each number within a bound."""

from __future__ import annotations

import msgspec

from runcast.domain.limits import VITALS_HEADS_MAX, VITALS_QUEUES_MAX, VITALS_ROWS_MAX
from runcast.store.script import Script, call
from runcast.store.vital_rows import LiveWorkers, Pulse, QueueDepth, Resting


class Vitals(msgspec.Struct, frozen=True):
    """One state of the database, at `now` (engine ms)."""

    now: int
    queues: tuple[QueueDepth, ...]
    resting: tuple[Resting, ...]
    workers: tuple[LiveWorkers, ...]
    pulse: Pulse

    def late_ms(self, due_at: int | None) -> int:
        """How long ago something was due that is not done."""
        return 0 if due_at is None else max(0, self.now - due_at)


def newest() -> Script[int]:
    """Where the feed is: the least that shows whether the database answers."""
    position: int = yield call("newest_change")
    return position


def take_vitals(now: int) -> Script[Vitals]:
    """Count what lives. A count that reaches `VITALS_ROWS_MAX` stops there."""
    depths: list[QueueDepth] = yield call(
        "queue_depths", limit=VITALS_ROWS_MAX, heads=VITALS_HEADS_MAX, queues=VITALS_QUEUES_MAX
    )
    resting: list[Resting] = yield call("resting_runs", limit=VITALS_ROWS_MAX)
    live: list[LiveWorkers] = yield call("live_workers", now=now)
    pulse: Pulse = yield call("pulse", limit=VITALS_ROWS_MAX)
    return Vitals(now, tuple(depths), tuple(resting), tuple(live), pulse)
