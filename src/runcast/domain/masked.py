"""Addresses of databases as they may be shown: without passwords."""

from __future__ import annotations

import re

MASK = "***"
_PASSWORD = re.compile(r"(://[^:/@\s]*:)\S+(?=@)")
"""Up to the last `@`: a password that should have been quoted contains others."""
_PARAMETER = re.compile(r"([?&](?:ssl)?password=)[^&\s]+")


def masked(text: str) -> str:
    """`text` without the password of an address.

    >>> masked("postgresql://ada:secret@db.example.com/runcast")
    'postgresql://ada:***@db.example.com/runcast'
    >>> masked("postgresql://db.example.com/runcast?user=ada&password=secret")
    'postgresql://db.example.com/runcast?user=ada&password=***'
    """
    return _PARAMETER.sub(rf"\1{MASK}", _PASSWORD.sub(rf"\1{MASK}", text))


def without_password(text: str) -> str:
    """`text` as it is given to a program that asks for the password, or finds it elsewhere.

    >>> without_password("postgresql://ada:secret@db.example.com/runcast")
    'postgresql://ada@db.example.com/runcast'
    """
    return re.sub(rf"[?&](?:ssl)?password={re.escape(MASK)}", "", masked(text).replace(f":{MASK}@", "@"))
