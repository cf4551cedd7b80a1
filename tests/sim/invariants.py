"""Laws that the database itself watches while a simulation runs, by triggers.

A violation inside a transaction that is rolled back never happened; its row in `violations` is rolled back with it.
"""

from __future__ import annotations

from runcast.domain.run import FINAL

_FINAL = ", ".join(f"'{status}'" for status in sorted(FINAL))

_CONTINUES = (
    "exists (select 1 from main.runs where id = {row}.run_id and cast(payload ->> '$.program.rounds' as integer) > 1)"
)
"""A body that continues begins again with an empty journal."""

LAWS: dict[str, tuple[str, str, str]] = {
    "I2: epochs of a run strictly increase": (
        "update on main.runs",
        "new.epoch < old.epoch or (new.status = 'EXECUTING' and old.status <> 'EXECUTING' and new.epoch <> old.epoch + 1)",
        "new.id",
    ),
    # A batch is done although members of it failed; a retry asks for those again.
    # A message that came for a call which the body gave up unseen goes back: its entry is forgotten, and no other change.
    "I4: a done entry never changes": (
        "update on main.journal",
        (
            "old.status = 'done' and old.kind <> 'batch' and not (old.kind = 'message' and new.status = 'forgotten') and (new.status <> 'done' or new.value is distinct from old.value or new.digest <> old.digest)"
            f" and not {_CONTINUES.format(row='new')}"
        ),
        "new.run_id || ' ' || new.key",
    ),
    "I4: a done entry stays": (
        "delete on main.journal",
        f"old.status = 'done' and not {_CONTINUES.format(row='old')}",
        "old.run_id || ' ' || old.key",
    ),
    "I6: final is final": (
        "update on main.runs",
        (
            f"old.status in ({_FINAL}) and (new.status <> old.status or new.output is distinct from old.output"
            " or new.finished_at is distinct from old.finished_at)"
        ),
        "new.id || ' ' || old.status || ' ' || new.status",
    ),
    "I6: a status follows the transition table": (
        "update of status on main.runs",
        "new.status <> old.status and not exists (select 1 from temp.allowed where before = old.status and after = new.status)",
        "new.id || ' ' || old.status || ' ' || new.status",
    ),
    "I6: attempts never decrease": (
        "update of attempt on main.runs",
        "new.attempt < old.attempt and not (new.attempt = 0 and new.status = 'QUEUED')",
        "new.id || ' ' || old.attempt || ' ' || new.attempt",
    ),
    "I6: a change of status is a change of version": (
        "update on main.runs",
        "new.version < old.version or (new.status <> old.status and new.version = old.version)",
        "new.id",
    ),
    "I9: a canceled run records nothing more": (
        "insert on main.journal",
        "exists (select 1 from main.runs where id = new.run_id and status = 'CANCELED')",
        "new.run_id || ' ' || new.key",
    ),
    "I10: the parts of a stream never change": (
        "update on main.parts",
        "new.value <> old.value or new.kind <> old.kind or new.superseded < old.superseded",
        "new.run_id || ' ' || new.stream || ' ' || new.seq",
    ),
    # A limit that a person lowers takes nobody's slot: it holds from the next claim on.
    "I3: no slot is taken past the limit of a queue": (
        "update of slot on main.runs",
        (
            "new.slot = 1 and old.slot = 0 and (select count(*) from main.runs r where r.environment = new.environment"
            " and r.queue = new.queue and r.slot = 1) > (select q.concurrency from main.queues q"
            " where q.environment = new.environment and q.name = new.queue)"
        ),
        "new.queue",
    ),
    "I3: no slot is taken past the limit of a key": (
        "update of slot on main.runs",
        (
            "new.slot = 1 and old.slot = 0 and new.concurrency_key <> '' and (select count(*) from main.runs r"
            " where r.environment = new.environment and r.queue = new.queue and r.concurrency_key = new.concurrency_key"
            " and r.slot = 1) > (select q.per_key from main.queues q"
            " where q.environment = new.environment and q.name = new.queue)"
        ),
        "new.queue || ' ' || new.concurrency_key",
    ),
    "I19: a trigger fills no queue past its length": (
        "insert on main.runs",
        (
            "new.status = 'QUEUED' and (select count(*) from main.runs r where r.environment = new.environment"
            " and r.queue = new.queue and r.status = 'QUEUED') > (select q.max_length from main.queues q"
            " where q.environment = new.environment and q.name = new.queue)"
        ),
        "new.queue || ' ' || new.id",
    ),
    "I20: nothing moves a run between two attempts": (
        "update of available_at on main.runs",
        "old.status = 'DELAYED' and old.attempt > 0 and new.available_at <> old.available_at",
        "new.id",
    ),
    "I15: what expired never starts": (
        "update of status on main.runs",
        "new.status = 'EXECUTING' and old.status = 'QUEUED' and old.attempt = 0 and new.claimed_at > new.expires_at",
        "new.id",
    ),
}
"""Law to (event, what breaks it, whom to name)."""
