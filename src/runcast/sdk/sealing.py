"""Encryption in the user's process: what leaves it is sealed, what comes back is opened. The engine sees neither.

A sealed value is a JSON object `{"$sealed": "<base64>"}`, so that engine, lists and exports carry it like any other.
"""

from __future__ import annotations

import importlib
import os
import sys
from base64 import b64decode, b64encode
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import msgspec

from runcast import config
from runcast.domain.errors import InvalidInput, InvalidPayload
from runcast.domain.sealed import SEALED_MARK, is_sealed


@runtime_checkable
class Codec(Protocol):
    """Turns the bytes of a value into others, and back.

    `decode` may raise anything for bytes that it cannot read; a new key must go on reading what old ones wrote.

    >>> class Backwards:
    ...     def encode(self, data: bytes) -> bytes:
    ...         return data[::-1]
    ...
    ...     def decode(self, data: bytes) -> bytes:
    ...         return data[::-1]
    >>> isinstance(Backwards(), Codec)
    True
    """

    def encode(self, data: bytes) -> bytes: ...
    def decode(self, data: bytes) -> bytes: ...


class Sealed(msgspec.Struct, frozen=True):
    """What somebody without the key sees in the place of a value."""

    def __repr__(self) -> str:
        return "<encrypted>"


SEALED = Sealed()


def seal(codec: Codec, text: str) -> str:
    """JSON text as sealed JSON text. Sealed text stays as it is."""
    if text.startswith(SEALED_MARK):
        return text
    return f'{SEALED_MARK}{b64encode(codec.encode(text.encode())).decode()}"}}'


def unseal(codec: Codec, text: str) -> str:
    """The text that was sealed; plain text stays as it is. Raises `InvalidPayload` when the codec cannot read it."""
    if not text.startswith(SEALED_MARK):
        return text
    try:
        return codec.decode(b64decode(text[len(SEALED_MARK) : -2])).decode()
    except Exception as error:
        raise InvalidPayload(
            f"an encrypted value cannot be read: {type(error).__name__}: {error}. Does the codec still have the old keys?"
        ) from error


def open_if_possible(codec: Codec, text: str) -> str:
    """Like `unseal`, but what cannot be read stays sealed: whoever needs it hears of that, and nobody else."""
    try:
        return unseal(codec, text)
    except InvalidPayload:
        return text


def refuse_sealed(text: str, what: str) -> None:
    """Raise `InvalidPayload` for a value that this process cannot read."""
    if is_sealed(text):
        raise InvalidPayload(
            f"{what} is encrypted, and this process has no codec that can read it: set RUNCAST_CODEC, with the old keys too"
        )


def find_codec() -> Codec | None:
    """The codec of this process's settings, or None. Raises `InvalidInput` for what is no codec."""
    target = os.environ.get("RUNCAST_CODEC") or config.load().settings.codec
    return _load(target) if target else None


@lru_cache(maxsize=8)
def _load(target: str) -> Codec:
    module, _, name = target.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    try:
        found: Any = getattr(importlib.import_module(module), name or "codec")
    except (ImportError, AttributeError) as error:
        raise InvalidInput(f"no codec {target!r}: {error}. Name it as module:object") from error
    if isinstance(found, type):
        found = found()
    if not isinstance(found, Codec):
        raise InvalidInput(f"{target!r} is no codec: it needs encode(bytes) -> bytes and decode(bytes) -> bytes")
    return found
