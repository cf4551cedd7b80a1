"""Passwords: hashed with argon2id, compared in as much time for an account that does not exist as for one that does."""

from __future__ import annotations

import asyncio
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from runcast.domain.errors import InvalidInput

CHARS_MIN = 10
CHARS_MAX = 1_000
HASHES_AT_ONCE = 2
"""Each takes 46 MiB and a core for some 50 ms: whoever tries many waits for their turn."""
# OWASP's first choice for argon2id.
_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)


def hash_password(password: str) -> str:
    """The argon2id hash. Raises `InvalidInput` for a password that is too short, or too long."""
    if not CHARS_MIN <= len(password) <= CHARS_MAX:
        raise InvalidInput(f"a password has {CHARS_MIN} to {CHARS_MAX:,} characters")
    return _HASHER.hash(_normal(password))


def is_password(hashed: str | None, password: str) -> bool:
    """Whether the password has this hash. None takes as long, and is none."""
    try:
        right = _HASHER.verify(hashed or _nobodys(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and hashed is not None


class Passwords:
    """Hashes and compares on threads, few at once."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(HASHES_AT_ONCE)

    async def check(self, hashed: str | None, password: str) -> bool:
        """Whether the password has this hash."""
        if len(password) > CHARS_MAX:
            return False
        async with self._turns:
            return await asyncio.to_thread(is_password, hashed, password)

    async def hash(self, password: str) -> str:
        """Raises `InvalidInput` for a password that is too short, or too long."""
        async with self._turns:
            return await asyncio.to_thread(hash_password, password)


def _normal(password: str) -> bytes:
    """Keyboards differ in how they compose a letter."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


@cache
def _nobodys() -> str:
    return _HASHER.hash(b"nobody has this password")
