"""A ledger: what tasks did to the outside world, as a test sees it."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

import msgspec

from runcast.sdk.execution import current_execution
from runcast.sdk.scope import current_scope


class Note(msgspec.Struct, frozen=True):
    """One thing that was done."""

    what: Any
    run_id: str | None
    step: str | None
    """The journal key of the step in which it was done; None: in the body, or outside of any run."""


class Ledger:
    """Where the fakes of a test write what they were asked to do: `ledger.note(("mailed", "ada"))`.

    It knows in which step of which run each note was made, so that `assert_crash_safe` can tell what a crash may repeat
    (a step whose result was not recorded yet) from what it may not.

    >>> ledger = Ledger()
    >>> ledger.note("mailed ada")
    >>> ledger.entries
    ['mailed ada']
    """

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self._dead: WeakSet[object] = WeakSet()

    @property
    def entries(self) -> list[Any]:
        """What was done, in order."""
        return [note.what for note in self.notes]

    def note(self, what: Any) -> None:
        """Write down that it was done."""
        scope, execution = current_scope.get(), current_execution()
        if execution is None or scope is None:
            self.notes.append(Note(what, None, None))
        elif execution.host not in self._dead:
            self.notes.append(Note(what, execution.run_id, scope.trial.key if scope.trial else None))

    def bury(self, host: object) -> None:
        """This worker crashed: what its bodies do while they are taken apart was never done."""
        self._dead.add(host)

    def clear(self) -> None:
        """Forget everything."""
        self.notes.clear()
