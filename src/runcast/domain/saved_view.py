"""Filters of a list under a name."""

from __future__ import annotations

import msgspec


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """What the people of an environment look at again and again."""

    id: str
    list: str
    """What is listed, such as `runs`."""
    name: str
    filters: dict[str, str]
    """As the address of the dashboard's page has them."""
    created_by: str | None = None
    """Who saved it: the e-mail address of a person, or the name of a key."""
    created_at: int
    updated_at: int
