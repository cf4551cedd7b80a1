"""The secret of an instance that nobody gave one: kept in its database, the same for every server of it."""

from __future__ import annotations

from runcast.store.script import Script, call

_NAME = "instance"


def instance_secret(fresh: str) -> Script[str]:
    """The secret that is kept; `fresh` becomes it where there is none yet."""
    yield call("put_secret", name=_NAME, value=fresh)
    found: str = yield call("find_secret", name=_NAME)
    return found
