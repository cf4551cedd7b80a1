"""A file as REST shows it."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.domain.file import File


class FileView(msgspec.Struct, frozen=True, rename="camel"):
    """A file without its bytes."""

    id: str
    """Of these bytes: what replaces them has another."""
    path: str
    content_type: str
    size: int
    etag: str
    created_at: datetime


class FilePageLinks(msgspec.Struct, frozen=True):
    """Where to go on."""

    next: str | UnsetType = UNSET
    """What `page[after]` is for the next page."""


class FilePageView(msgspec.Struct, frozen=True):
    """Files by path."""

    data: tuple[FileView, ...]
    pagination: FilePageLinks


def show_file(file: File) -> FileView:
    return FileView(file.id, file.path, file.content_type, file.size, file.etag, moment(file.created_at))
