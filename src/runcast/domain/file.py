"""Files: bytes that clients and tasks keep under a path of their environment, and pass on by it."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from runcast.domain.errors import InvalidInput, ValueTooLarge
from runcast.domain.limits import FILE_PATH_BYTES_MAX

_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,80}(?:; ?[\w-]{1,40}=[\w.+-]{1,60}){0,2}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


class FileKind(StrEnum):
    """What paths are those of."""

    FILE = "file"
    PACKET = "packet"
    """A payload on its way to a trigger: removed after a day."""


class FileState(StrEnum):
    """Only `ready` ones are found by their path."""

    UPLOADING = "uploading"
    READY = "ready"
    REMOVED = "removed"


class NewFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file before its bytes."""

    id: str
    path: str
    content_type: str = "application/octet-stream"
    environment: str = "dev"
    overwrite: bool = True
    """False: a path that has other bytes stays as it is, and the new file is refused."""


class File(msgspec.Struct, frozen=True):
    """A file as anyone may see it."""

    id: str
    """Of these bytes: what replaces them has another."""
    environment: str
    path: str
    content_type: str
    size: int
    digest: str
    """SHA-256 of the bytes; of a file of several parts: of the digests of its parts, and their number."""
    created_at: int
    parts: int = 1

    @property
    def etag(self) -> str:
        """As HTTP writes it."""
        return f'"{self.digest}"'


class FilePart(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A piece of a file; its bytes are read by number."""

    number: int
    """From 1."""
    size: int
    digest: str


def check_path(path: str) -> str:
    """The path, if it may name a file: `reports/2026/may.pdf`. Raises `InvalidInput`.

    >>> check_path("reports/may.pdf")
    'reports/may.pdf'
    """
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        raise InvalidInput("a path is valid Unicode") from None
    if size > FILE_PATH_BYTES_MAX:
        raise ValueTooLarge(f"a path has at most {FILE_PATH_BYTES_MAX:,} bytes, got {size:,}")
    if _CONTROL.search(path) or not {"", ".", ".."}.isdisjoint(path.split("/")):
        raise InvalidInput(
            f"a path is names with slashes between, without an empty one, `.`, `..`, control characters or a backslash; "
            f"got {path[:100]!r}"
        )
    return path


def check_content_type(text: str) -> str:
    """The content type, if it is one. Raises `InvalidInput`.

    >>> check_content_type("text/plain; charset=utf-8")
    'text/plain; charset=utf-8'
    """
    if not _TYPE.fullmatch(text):
        raise InvalidInput(f"a content type is type/subtype, such as application/pdf, got {text[:100]!r}")
    return text
