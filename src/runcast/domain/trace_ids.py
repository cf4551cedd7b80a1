"""Ids of traces and spans that every process computes alike."""

from __future__ import annotations

from hashlib import blake2b


def trace_id(root_id: str) -> int:
    """The trace of a tree of runs, the same whoever computes it.

    >>> f"{trace_id('run_1'):032x}"
    '392564cdc1355520a53ed06bc16b7b0e'
    """
    return int.from_bytes(blake2b(root_id.encode(), digest_size=16, person=b"runcast trace").digest()) or 1


def span_id(*parts: str | int) -> int:
    """The span of a run, of its execution (with the epoch), or of a step (with the epoch and the key)."""
    text = "\0".join(map(str, parts))
    return int.from_bytes(blake2b(text.encode(), digest_size=8, person=b"runcast span").digest()) or 1
