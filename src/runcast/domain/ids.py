"""Prefixed, time-sortable ids, made from a time and entropy that the caller hands in.

An id is a prefix and 21 characters of lower-case base 32 (Crockford's alphabet without
ambiguous letters): 10 characters hold 50 bits of milliseconds, 11 hold 55 bits of chance. Ids made later sort later,
which keeps the hot end of every index small.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NewType

RunId = NewType("RunId", str)
WaitId = NewType("WaitId", str)
BatchId = NewType("BatchId", str)
WorkerId = NewType("WorkerId", str)

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
TIME_CHARS = 10
CHANCE_CHARS = 11
CHANCE_BITS = 5 * CHANCE_CHARS

_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]


def _base32(value: int, length: int) -> str:
    """`value` as exactly `length` characters, most significant first."""
    pairs, odd = divmod(length, 2)
    digits = []
    for _ in range(pairs):
        value, pair = divmod(value, 1024)
        digits.append(_PAIRS[pair])
    if odd:
        digits.append(ALPHABET[value & 31])
    return "".join(reversed(digits))


def make_id(prefix: str, *, at_ms: int, chance: int) -> str:
    """An id such as `run_0k7wq3j5v1…`: sorts by `at_ms`, unique by the low 55 bits of `chance`.

    >>> make_id("run", at_ms=0, chance=1)
    'run_000000000000000000001'
    """
    return f"{prefix}_{_base32(at_ms, TIME_CHARS)}{_base32(chance & ((1 << CHANCE_BITS) - 1), CHANCE_CHARS)}"


def child_run_id(parent_id: RunId, key: str, generation: int) -> RunId:
    """The id of the child that `key` of `parent_id` stands for: the same whoever computes it.

    It keeps the parent's time part, so a child sorts beside its parent.
    """
    time_part = parent_id[4 : 4 + TIME_CHARS]
    digest = blake2b(f"{parent_id}\0{key}\0{generation}".encode(), digest_size=8).digest()
    chance = int.from_bytes(digest) & ((1 << CHANCE_BITS) - 1)
    return RunId(f"run_{time_part}{_base32(chance, CHANCE_CHARS)}")


def derived_id(prefix: str, owner_id: RunId, key: str) -> str:
    """The id of a wait or batch that `key` of run `owner_id` creates."""
    time_part = owner_id[4 : 4 + TIME_CHARS]
    digest = blake2b(f"{prefix}\0{owner_id}\0{key}".encode(), digest_size=8).digest()
    chance = int.from_bytes(digest) & ((1 << CHANCE_BITS) - 1)
    return f"{prefix}_{time_part}{_base32(chance, CHANCE_CHARS)}"
