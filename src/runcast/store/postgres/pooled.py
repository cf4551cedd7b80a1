"""A pooler in transaction mode hands each transaction another connection: what a session sets is set for somebody else.

So behind one nothing is set, and Runcast's settings belong to the user, for whom every connection begins with them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import psycopg
from psycopg.sql import Identifier

log = logging.getLogger("runcast.store")


def warn_of_settings(connection: psycopg.Connection, name: str, wanted: Mapping[str, str]) -> None:
    """Say with which statement the user gets the settings that it lacks."""
    rows = connection.execute("select name, setting from pg_settings where name = any(%s)", (list(wanted),)).fetchall()
    lacking = [setting for setting, value in rows if wanted[setting] != value]
    if lacking:
        user = Identifier(connection.info.user).as_string()
        statements = "; ".join(f"alter role {user} set {setting} = '{wanted[setting]}'" for setting in sorted(lacking))
        log.warning("%s is reached through a pooler, and its user lacks settings. Once, directly: %s", name, statements)
