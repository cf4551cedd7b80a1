"""Artifacts: stored results that a person looks at, downloads, or opens in a frame."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from runcast.domain.effect import EffectKind
from runcast.domain.errors import InvalidInput, ValueTooLarge
from runcast.domain.limits import ARTIFACT_BYTES_MAX
from runcast.sdk.codec import encode_json
from runcast.sdk.effects import emit


def add(name: str, content: Any, *, content_type: str | None = None) -> None:
    """Store `content` under `name`: text, bytes, or anything that is JSON.

    The content type is guessed from the kind of content (`text/plain`, `application/octet-stream`,
    `application/json`) unless you say it.

    >>> artifacts.add("report.md", "# Leads", content_type="text/markdown")  # doctest: +SKIP
    """
    if not name or "\0" in name or len(name) > 255:
        raise InvalidInput(f"an artifact's name is 1 to 255 characters without NUL, got {name!r}")
    fields, size = _fields(content, content_type)
    if size > ARTIFACT_BYTES_MAX:
        raise ValueTooLarge(f"artifact {name!r} has {size:,} bytes; at most {ARTIFACT_BYTES_MAX:,} are allowed")
    emit(EffectKind.ARTIFACT, name, _encoded(fields, name))


def _encoded(fields: dict[str, str], name: str) -> str:
    """As JSON, without the bound of other values: artifacts have their own."""
    try:
        return msgspec.json.encode(fields).decode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"artifact {name!r} holds a lone surrogate, which cannot be stored") from error


def _fields(content: Any, content_type: str | None) -> tuple[dict[str, str], int]:
    if isinstance(content, bytes | bytearray):
        data = base64.b64encode(content).decode()
        return {"content_type": content_type or "application/octet-stream", "base64": data}, len(content)
    if isinstance(content, str):
        return {"content_type": content_type or "text/plain; charset=utf-8", "text": content}, len(
            content.encode(errors="surrogatepass")
        )
    text = encode_json(content, what="artifact")
    return {"content_type": content_type or "application/json", "text": text}, len(text.encode())
