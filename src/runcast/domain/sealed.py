"""How a value looks that only its owner can read: the user's process encrypts it, the engine carries it."""

from __future__ import annotations

SEALED_MARK = '{"$sealed":"'
"""How the JSON text of every encrypted value begins."""


def is_sealed(text: str) -> bool:
    """Whether JSON text is an encrypted value.

    >>> is_sealed('{"$sealed":"gAAAA…"}')
    True
    """
    return text.startswith(SEALED_MARK)
