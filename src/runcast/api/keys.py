"""API keys: how they are made, and how the door knows them without asking the database for each request."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable

from runcast.domain.access import NewKey, Role, key_prefix
from runcast.engine.access_desk import AccessDesk
from runcast.sdk.fresh_ids import fresh_id
from runcast.store.access_rows import LiveKey

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY_CHARS = 24
HINT_CHARS = 4
KEY_CHARS_MAX = 200
FRESH_MS = 2_000
"""How long another server's revocation may go unnoticed."""
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
        self._by_digest: dict[str, LiveKey] = {}
        self._read_at: int | None = None
        self._changes = -1
        self._used: dict[str, int] = {}
        self._reading = asyncio.Lock()

    async def find(self, key: str) -> LiveKey | None:
        """The key, if it admits."""
        if len(key) > KEY_CHARS_MAX:
            return None
        await self._refresh(FRESH_MS)
        digest = digest_of(key)
        found = self._by_digest.get(digest)
        if found is None:
            # Another server may have made it a moment ago.
            await self._refresh(UNKNOWN_MS)
            found = self._by_digest.get(digest)
        if found is None or (found.expires_at is not None and found.expires_at <= self._now_ms()):
            return None
        await self._note_use(found)
        return found

    def _age_ms(self) -> float:
        current = self._read_at is not None and self._changes == self._desk.changes
        age_ms = self._now_ms() - (self._read_at or 0)
        return age_ms if current and age_ms >= 0 else float("inf")

    async def _refresh(self, age_ms_max: int) -> None:
        if self._age_ms() > age_ms_max:
            # Requests that come together read once together.
            async with self._reading:
                if self._age_ms() > age_ms_max:
                    await self._read()

    async def _read(self) -> None:
        # Noted before the read: a change during it is not overlooked.
        now, changes = self._now_ms(), self._desk.changes
        rows = await self._desk.live_keys()
        self._by_digest = {row.digest: row for row in rows}
        self._used = {row.id: max(self._used.get(row.id, 0), row.used_at or 0) for row in rows}
        self._read_at, self._changes = now, changes

    async def _note_use(self, key: LiveKey) -> None:
        now = self._now_ms()
        if now - self._used.get(key.id, 0) >= USED_EVERY_MS:
            self._used[key.id] = now
            await self._desk.key_was_used(key.id)
