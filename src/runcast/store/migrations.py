"""The migrations of this release, in order: what makes a database's schema, phase by phase.

A migration has a `pre` phase, which engines of the release before live with: it adds. It may have a `post` phase, which
they do not: it takes away, or forbids. The `post` phase of `0002_name.sqlite.sql` is `0002_name.post.sqlite.sql`.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Literal

import msgspec

from runcast.domain.errors import Unavailable

_POST = ".post"


class Phase(msgspec.Struct, frozen=True):
    """A phase of a migration, which is applied in one transaction."""

    number: int
    is_post: bool
    text: str

    @property
    def key(self) -> str:
        """Its name in the table `meta`."""
        return f"migration {self.number}{' post' if self.is_post else ''}"

    @property
    def digest(self) -> str:
        """What stands for its text in the databases that it made."""
        return sha256(self.text.encode()).hexdigest()


def find_phases(dialect: Literal["sqlite", "postgres"]) -> tuple[Phase, ...]:
    """Every phase of every migration, in the order in which they are applied."""
    folder = files("runcast.store").joinpath("sql").joinpath("migrations")
    ending = f".{dialect}.sql"
    names = [file.name for file in folder.iterdir() if file.name.endswith(ending)]
    phases = [
        Phase(int(name[:4]), name.removesuffix(ending).endswith(_POST), folder.joinpath(name).read_text("utf-8"))
        for name in names
    ]
    return tuple(sorted(phases, key=lambda phase: (phase.number, phase.is_post)))


def newest(phases: tuple[Phase, ...]) -> int:
    """The schema's number once all are applied."""
    return phases[-1].number


def check_applied(phases: tuple[Phase, ...], applied: Mapping[str, str], name: str) -> None:
    """Raises `Unavailable` for a migration that this release does not know, or knows with another text. `applied`: the
    digest of each phase that the database has, by key."""
    known = {phase.key: phase.digest for phase in phases}
    for key, found in applied.items():
        if key not in known:
            raise Unavailable(f"{name} has {key}, this release knows {newest(phases)}. Upgrade Runcast.")
        if found != known[key]:
            raise Unavailable(
                f"{name} was made by another build of Runcast: it has {key} as {found[:12]}, this build as "
                f"{known[key][:12]}. Keep it for the build that made it, and choose another database or schema."
            )
