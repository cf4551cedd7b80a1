"""The journal: the recorded results of what a run already did, so that a retry repeats only what is not done."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun


class EntryKind(StrEnum):
    """What an entry records."""

    STEP = "step"
    """A journaled piece of a body."""
    CHILD = "child"
    """A child run that the body waits for."""
    TRIGGER = "trigger"
    """A child run that the body does not wait for."""
    BATCH = "batch"
    """Children triggered together; `awaits` is the batch id."""
    RESULT = "result"
    """A wait for a run that is not this run's child."""
    SLEEP = "sleep"
    """A wait until `due_at`."""
    TOKEN = "token"
    """A wait for somebody to complete the wait `awaits`."""
    CREATE = "create"
    """A wait created, for a person or program."""
    DECISION = "decision"
    """Which branch came first."""
    VALUE = "value"
    """A recorded `now()`, `uuid4()` or `random()`."""
    MESSAGE = "message"
    """A wait for the next message in an inbox of the run; forgotten when the body gave it up unread."""


class EntryStatus(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    FORGOTTEN = "forgotten"
    """A failed entry that a retry asks for again; a child's row keeps its generation and predecessor."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One record. `(run_id, key)` is unique; a done entry never changes."""

    key: str
    kind: EntryKind
    name: str = ""
    """What people see: the step's or task's name."""
    status: EntryStatus = EntryStatus.DONE
    digest: str = ""
    """Digest of the arguments; "" where there are none or the caller gave the key."""
    code_version: str = ""
    value: str | None = None
    """Result as JSON text. Child: the child's output. Batch: None (read the members)."""
    error: ErrorInfo | None = None
    awaits: str | None = None
    """Id of the run, batch or wait this entry waits for."""
    due_at: int | None = None
    """A sleep's end, or a wait's timeout (status `failed`, error `WaitTimedOut`)."""
    generation: int = 0
    tries: int = 1
    started_at: int = 0
    finished_at: int | None = None


class NewEntry(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An entry on its way to the engine, with what must be created in the same transaction."""

    entry: Entry
    """`due_at` of a sleep or token may be given by `due_in_ms` instead."""
    due_in_ms: int | None = None
    children: tuple[NewRun, ...] = ()
    wait: NewWait | None = None
    position: int = 0
    """Which durable call of its execution this was, from 1, in the order in which they were made."""
    peek: bool = False
    """Of a message: look without taking it, and without waiting."""


class NewWait(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A wait for a person or program to complete."""

    id: str
    timeout_ms: int | None = None
    tags: tuple[str, ...] = ()
    idempotency_key: str | None = None
    schema: str | None = None
    """JSON Schema of the expected value, for forms."""
    run_id: RunId | None = None
    environment: str = "dev"
    idempotency_ttl_ms: int | None = None
    """How long the key stands for this wait; None: for as long as there is the wait."""
    question: str | None = None
    """What whoever completes it is asked, in their words."""


class Wait(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A wait as anyone may read it. First completion wins."""

    id: str
    environment: str
    status: str
    """`WAITING`, `COMPLETED` or `TIMED_OUT`."""
    value: str | None
    tags: tuple[str, ...]
    schema: str | None
    run_id: RunId | None
    created_at: int
    due_at: int | None
    completed_at: int | None
    idempotency_key: str | None = None
    key_expires_at: int | None = None
    """When the key stands for this wait no longer."""
    question: str | None = None
    completed_by: str | None = None
    """Who completed it, where that is known: a person's e-mail address, the name of a key, `link`."""
