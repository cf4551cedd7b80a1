"""The named queries of an extension."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from runcast.domain.errors import InvalidInput, Unavailable
from runcast.domain.transaction import App
from runcast.store.query import QueryText, parse_texts
from runcast.store.rows import AppliedMigration


def app_texts(app: App) -> list[QueryText]:
    """Its queries, as scripts name them: `todo.add_item`. Raises `InvalidInput` for a row whose class is not known."""
    structs = {row.__name__: row for row in app.rows}
    try:
        found = parse_texts(app.queries, structs)
    except KeyError as error:
        raise InvalidInput(f"extension {app.name!r}: a query promises {error}: give its class in `rows=`") from error
    return [msgspec.structs.replace(text, name=f"{app.name}.{text.name}") for text in found]


def digest(text: str) -> str:
    """What stands for a migration's text in the databases that applied it."""
    return sha256(text.encode()).hexdigest()


def check_applied(app: App, applied: Sequence[AppliedMigration]) -> None:
    if len(applied) > len(app.migrations):
        raise Unavailable(
            f"the database has {len(applied)} migrations of extension {app.name!r}, which knows {len(app.migrations)}: "
            "upgrade the extension"
        )
    for known, (name, text) in zip(applied, app.migrations, strict=False):
        if known.digest != digest(text):
            raise Unavailable(
                f"migration {known.name!r} of extension {app.name!r} was changed after this database applied it, "
                f"or {name!r} took its place: restore it, and add another migration"
            )
