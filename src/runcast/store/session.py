"""What the writer and the readers need of a connection, whichever database it leads to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from runcast.domain.errors import Unavailable
from runcast.domain.transaction import App
from runcast.store.script import Call, Note, Script


class TurnLost(Unavailable):
    """The database ended the transaction for reasons of its own, and nothing of it happened: it may be run again."""


class DatabaseAway(Unavailable):
    """The database was away for longer than anybody waits. What was asked for last may have been committed."""


class Session(ABC):
    """One connection that runs scripts in transactions. Not thread-safe: one thread owns it."""

    name: str
    """Which database, for messages."""

    def __init__(self) -> None:
        self.answer: Callable[[Call], Any] = self.execute
        """Answers the calls of scripts: by their statements, unless somebody puts a memory in front of them."""

    def run(self, script: Script[Any], notes: list[Note]) -> Any:
        """Drive `script` to its end on the open transaction; its notes are appended to `notes`."""
        send = script.send
        answer: Any = None
        try:
            while True:
                step = send(answer)
                if type(step) is Call:
                    answer = self.answer(step)
                else:
                    notes.append(step)  # type: ignore[arg-type]
                    answer = None
        except StopIteration as end:
            return end.value

    @abstractmethod
    def execute(self, call: Call) -> Any:
        """Run the named statement; the answer is what its header promises."""

    @abstractmethod
    def know(self, app: App) -> None:
        """Know an extension's queries too."""

    @abstractmethod
    def translated(self) -> AbstractContextManager[None]:
        """Raises the database's errors as the domain's, saying which database and what to do."""

    @property
    @abstractmethod
    def in_transaction(self) -> bool: ...

    @abstractmethod
    def begin(self, *, lazy: bool) -> int | None:
        """Take the writer's turn. A number: others may have written since this session's last; what they did lies behind
        that place in the feed."""

    @abstractmethod
    def commit(self) -> None:
        """Raises `TurnLost` when it is certain that nothing was committed."""

    @abstractmethod
    def rollback(self) -> None: ...
    @abstractmethod
    def give_up(self) -> None:
        """After `TurnLost`: whatever is left of the transaction, and of its connection, is let go."""

    @abstractmethod
    def savepoint(self, name: str) -> None: ...
    @abstractmethod
    def rollback_to(self, name: str) -> None: ...
    @abstractmethod
    def release(self, name: str) -> None: ...

    @abstractmethod
    def begin_read(self) -> None:
        """One state of the database for all that follows, until `rollback`."""

    @abstractmethod
    def close(self) -> None: ...
