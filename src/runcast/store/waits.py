"""Pages of waits, newest first."""

from __future__ import annotations

import msgspec

from runcast.domain.journal import Wait
from runcast.store.script import Script, call


class WaitFilter(msgspec.Struct, frozen=True):
    """Which waits of an environment. Empty fields do not restrict."""

    environment: str
    statuses: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """Any of them."""
    idempotency_key: str | None = None
    created_from: int | None = None
    created_to: int | None = None


class WaitPage(msgspec.Struct, frozen=True):
    """A page, and whether there are waits on either side of it."""

    waits: tuple[Wait, ...]
    newer: bool
    older: bool


def page(filter: WaitFilter, *, after: str | None, before: str | None, limit: int) -> Script[WaitPage]:
    """The page that follows a wait, or the one in front of a wait."""
    wanted = _params(filter)
    rows: list[Wait]
    if before is not None:
        rows = yield call("list_waits_back", before=before, limit=limit + 1, **wanted)
        return WaitPage(tuple(reversed(rows[:limit])), newer=len(rows) > limit, older=True)
    rows = yield call("list_waits", after=after, limit=limit + 1, **wanted)
    return WaitPage(tuple(rows[:limit]), newer=after is not None, older=len(rows) > limit)


def _params(filter: WaitFilter) -> dict[str, object]:
    return {
        "environment": filter.environment,
        "no_status": int(not filter.statuses),
        "statuses": [[status] for status in filter.statuses],
        "no_tag": int(not filter.tags),
        "tags": [[tag] for tag in filter.tags],
        "key": filter.idempotency_key,
        "created_from": filter.created_from,
        "created_to": filter.created_to,
    }
