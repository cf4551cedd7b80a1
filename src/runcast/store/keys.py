"""API keys: what admits to an environment, by the digest of a secret that nobody keeps."""

from __future__ import annotations

from runcast.domain.access import KEYS_MAX, ApiKey, NewKey
from runcast.domain.errors import Conflict, NotFound
from runcast.store.access_rows import LiveKey
from runcast.store.script import Script, call

FORGET_AFTER_MS = 90 * 86_400_000
"""How long a key is listed that admits no more."""


def add_key(new: NewKey, now: int) -> Script[ApiKey]:
    """Admit a key from now on. Raises `Conflict` when there are too many."""
    yield call("forget_api_keys", before=now - FORGET_AFTER_MS)
    count: int = yield call("count_api_keys", now=now)
    if count >= KEYS_MAX:
        raise Conflict(f"there are {count:,} keys, and at most {KEYS_MAX:,} are valid at once: revoke some")
    expires_at = None if new.lifetime_ms is None else now + new.lifetime_ms
    row = (new.id, new.digest, new.environment, new.role.value, new.name, new.hint, now, expires_at)
    yield call("add_api_key", rows=[row])
    return (yield from get_key(new.id))


def get_key(key_id: str, environment: str | None = None) -> Script[ApiKey]:
    """Raises `NotFound`, also for a key of another environment than the one that is given."""
    found: ApiKey | None = yield call("find_api_key", id=key_id)
    if found is None or environment not in (None, found.environment):
        raise NotFound(f"no key {key_id}")
    return found


def list_keys(environment: str | None) -> Script[tuple[ApiKey, ...]]:
    """Newest first, with those that were revoked lately."""
    rows: list[ApiKey] = yield call("list_api_keys", environment=environment, limit=2 * KEYS_MAX)
    return tuple(rows)


def live_keys(now: int) -> Script[tuple[LiveKey, ...]]:
    """Every key that admits."""
    rows: list[LiveKey] = yield call("live_api_keys", now=now, limit=KEYS_MAX)
    return tuple(rows)


def revoke_key(key_id: str, now: int, environment: str | None = None) -> Script[ApiKey]:
    """It admits nobody from now on. Raises `NotFound`."""
    yield from get_key(key_id, environment)
    yield call("revoke_api_key", id=key_id, now=now)
    return (yield from get_key(key_id))


def rotate_key(key_id: str, new: NewKey, overlap_ms: int, now: int, environment: str | None = None) -> Script[ApiKey]:
    """Admit `new` in the place of a key, with its name, role and environment; the old one admits for `overlap_ms` more.
    Without a lifetime of its own it has that of the old one, from now on.

    Raises `Conflict` when that key admits nobody any more, or was replaced before.
    """
    old = yield from get_key(key_id, environment)
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
        raise Conflict(f"key {key_id} ({old.name}) is not valid any more: create another one")
    if old.replaced_by is not None:
        raise Conflict(f"key {key_id} ({old.name}) was replaced by {old.replaced_by} already")
    made = yield from add_key(_like(old, new), now)
    yield call("replace_api_key", id=key_id, replaced_by=made.id, until=now + overlap_ms)
    return made


def _like(old: ApiKey, new: NewKey) -> NewKey:
    lifetime_ms = new.lifetime_ms
    if lifetime_ms is None and old.expires_at is not None:
        lifetime_ms = old.expires_at - old.created_at
    return NewKey(
        new.id, new.digest, new.hint, old.name, environment=old.environment, role=old.role, lifetime_ms=lifetime_ms
    )


def key_was_used(key_id: str, now: int) -> Script[None]:
    yield call("api_key_was_used", id=key_id, now=now)
