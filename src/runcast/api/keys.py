"""API keys: how they are made, and how the door knows them without asking the database for each request."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from runcast.api.remembered import Remembered
from runcast.domain.access import NewKey, Role, key_prefix
from runcast.engine.access_desk import AccessDesk
from runcast.sdk.fresh_ids import fresh_id
from runcast.store.access_rows import LiveKey

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY_CHARS = 24
HINT_CHARS = 4
KEY_CHARS_MAX = 200
UNKNOWN_MS = 100
"""How often a key that nobody knows is looked for."""
USED_EVERY_MS = 60_000
"""How exactly `used_at` is kept."""


def digest_of(secret: str) -> str:
    """What is stored of a key, or of a browser's sign-in. Both are random, so a fast digest will do."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def make_key(
    name: str, environment: str = "dev", role: Role = Role.OPERATOR, lifetime_ms: int | None = None
) -> tuple[str, NewKey]:
    """A fresh key to show once, and what the engine is told of it."""
    key = key_prefix(environment) + "".join(secrets.choice(CHARACTERS) for _ in range(KEY_CHARS))
    made = NewKey(
        fresh_id("key"),
        digest_of(key),
        key[-HINT_CHARS:],
        name,
        environment=environment,
        role=role,
        lifetime_ms=lifetime_ms,
    )
    return key, made


class Keys:
    """The keys that admit, in memory: read anew when they are older than two seconds, or when this engine changed some."""

    def __init__(self, desk: AccessDesk, now_ms: Callable[[], int]) -> None:
        self._desk = desk
        self._now_ms = now_ms
        self._by_digest: Remembered[dict[str, LiveKey]] = Remembered(desk, self._read, now_ms)
        self._used: dict[str, int] = {}

    async def find(self, key: str) -> LiveKey | None:
        """The key, if it admits."""
        if len(key) > KEY_CHARS_MAX:
            return None
        digest = digest_of(key)
        found = (await self._by_digest.get()).get(digest)
        if found is None:
            # Another server may have made it a moment ago.
            found = (await self._by_digest.get(UNKNOWN_MS)).get(digest)
        if found is None or (found.expires_at is not None and found.expires_at <= self._now_ms()):
            return None
        await self._note_use(found)
        return found

    async def _read(self) -> dict[str, LiveKey]:
        rows = await self._desk.live_keys()
        self._used = {row.id: max(self._used.get(row.id, 0), row.used_at or 0) for row in rows}
        return {row.digest: row for row in rows}

    async def _note_use(self, key: LiveKey) -> None:
        now = self._now_ms()
        if now - self._used.get(key.id, 0) >= USED_EVERY_MS:
            self._used[key.id] = now
            await self._desk.key_was_used(key.id)
