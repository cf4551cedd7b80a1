"""Who may speak to the engine over a network: whoever has one of its keys."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from hmac import compare_digest

from runcast.domain.errors import AccessDenied, InvalidInput
from runcast.wire import KEY_BYTES_MAX, read_key

KEY_CHARACTERS_MIN = 16
"""So that nobody tries them all: a connection for each try, thousands in a second."""


class Admission:
    """Asks for a key. Of the keys it keeps digests only: they are of one length, and no dump of it tells them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises `InvalidInput` for a key that is too short, too long, or not of visible ASCII characters."""
        for key in keys:
            _check(key)
        self._digests = [_digest(key.encode()) for key in keys]

    @property
    def is_open(self) -> bool:
        """There is no key: everybody is admitted."""
        return not self._digests

    async def ask(self, reader: asyncio.StreamReader) -> bool:
        """True when the connection may go on, False when it ended before it said anything.

        Raises `AccessDenied` for a wrong key, `InvalidInput` for what is no key at all.
        """
        given = await read_key(reader)
        if given is None:
            return False
        if not self.is_open and not self._knows(given):
            raise AccessDenied(
                "the engine does not know this key: `key` (--key, RUNCAST_KEY) has to be one of those that it listens with"
                if given
                else "the engine asks for a key: give `key` (--key, RUNCAST_KEY)"
            )
        return True

    def _knows(self, given: bytes) -> bool:
        """Takes equally long whichever key it is, if any."""
        digest = _digest(given)
        matches = [compare_digest(digest, one) for one in self._digests]
        return any(matches)


def _check(key: str) -> None:
    if not key.isascii() or not key.isprintable() or " " in key or len(key) > KEY_BYTES_MAX:
        raise InvalidInput(f"a key is of at most {KEY_BYTES_MAX} visible ASCII characters")
    if len(key) < KEY_CHARACTERS_MIN:
        raise InvalidInput(
            f"a key has at least {KEY_CHARACTERS_MIN} characters, and is made by chance: `openssl rand -hex 32` makes one"
        )


def _digest(key: bytes) -> bytes:
    return blake2b(key, digest_size=32).digest()
