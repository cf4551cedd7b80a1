"""Text as it may be shown or logged: addresses without passwords, keys and tokens without what admits."""

from __future__ import annotations

import re

MASK = "***"
_PASSWORD = re.compile(r"(://[^:/@\s]*:)\S+(?=@)")
"""Up to the last `@`: a password that should have been quoted contains others."""
_KEY = re.compile(r"(tr_(?:dev|stg|prod|preview)_sk_)[0-9A-Za-z]{8,}")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_SIGNATURE = re.compile(r"([?&](?:sig|signature)=)[^&\s\"']+")
_SIGNED = re.compile(r"(/(?:presigned|callback)/)[\w.%-]{16,}")
_PARAMETER = re.compile(r"([?&](?:ssl)?password=)[^&\s]+")


def masked(text: str) -> str:
    """`text` without the password of an address.

    >>> masked("postgresql://ada:secret@db.example.com/runcast")
    'postgresql://ada:***@db.example.com/runcast'
    >>> masked("postgresql://db.example.com/runcast?user=ada&password=secret")
    'postgresql://db.example.com/runcast?user=ada&password=***'
    """
    return _PARAMETER.sub(rf"\1{MASK}", _PASSWORD.sub(rf"\1{MASK}", text))


def without_keys(text: str) -> str:
    """`text` as it may be logged: no passwords of addresses, no API keys, no public tokens, no signatures of URLs.

    >>> without_keys("POST with Bearer tr_prod_sk_0123456789abcdefghijklmn")
    'POST with Bearer tr_prod_sk_***'
    >>> without_keys("GET /files?key=a&sig=0123456789abcdef0123")
    'GET /files?key=a&sig=***'
    >>> without_keys("PUT /api/v1/presigned/lKpwdXQgcGFja2V0.0123456789abcdef")
    'PUT /api/v1/presigned/***'
    """
    if "tr_" in text:
        text = _KEY.sub(rf"\1{MASK}", text)
    if "eyJ" in text:
        text = _TOKEN.sub(f"eyJ{MASK}", text)
    if "sig" in text:
        text = _SIGNATURE.sub(rf"\1{MASK}", text)
    if "/presigned/" in text or "/callback/" in text:
        text = _SIGNED.sub(rf"\1{MASK}", text)
    return masked(text) if "://" in text else text


def without_password(text: str) -> str:
    """`text` as it is given to a program that asks for the password, or finds it elsewhere.

    >>> without_password("postgresql://ada:secret@db.example.com/runcast")
    'postgresql://ada@db.example.com/runcast'
    """
    return re.sub(rf"[?&](?:ssl)?password={re.escape(MASK)}", "", masked(text).replace(f":{MASK}@", "@"))
