"""What the store needs of a database, whichever it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from runcast.clock import Clock
from runcast.domain.transaction import App
from runcast.store.script import Script
from runcast.store.session import Session


class Database(Protocol):
    """Opens sessions. `store.sqlite.file` and `store.postgres.database` keep it."""

    @property
    def name(self) -> str:
        """For messages; without passwords."""
        ...

    @property
    def shared(self) -> bool:
        """Other engines may write to it, from other machines."""
        ...

    @property
    def readers(self) -> int:
        """How many threads may read beside the writer; 0: reads go through it."""
        ...

    def open(self, clock: Clock) -> tuple[Session, Clock]:
        """The writing session, with the schema of this release, and engine time.

        Raises `Unavailable` and its kinds: nothing is left open then.
        """
        ...

    def open_reader(self) -> Session: ...

    def listen(self, on_ring: Callable[[bool], None]) -> None:
        """Who looks when another engine did something; True: at every queue. Before `start`; called on another thread."""
        ...

    def start(self) -> None:
        """Start what helps the writer, on threads of its own."""
        ...

    def install(self, session: Session, app: App, now: int) -> Script[None]:
        """Apply an extension's migrations and check its queries. Raises `InvalidInput`, `Unavailable`."""
        ...

    def find_loss(self) -> str | None:
        """What happened to it, if it is not there any more."""
        ...

    def close(self, session: Session, *, refused: bool) -> None:
        """Let go of it. `refused`: what is at its place now is not ours."""
        ...

    def abandon(self, session: Session) -> None:
        """As a crash would."""
        ...
