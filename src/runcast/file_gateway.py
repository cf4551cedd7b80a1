"""The part of the seam that is about files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from runcast.domain.file import File, NewFile


class FileGateway(Protocol):
    """Files of an environment. Every method may raise `Unavailable`, `InvalidInput`, and `NotFound` for an id of none."""

    async def put_file(self, new: NewFile, data: bytes) -> File:
        """Keep a file of one part. The same bytes as the path has already: nothing changes. Raises `Conflict` for others
        when `new.overwrite` is false."""
        ...

    async def begin_file(self, new: NewFile) -> None:
        """Begin a file of several parts."""
        ...

    async def put_file_part(self, file_id: str, number: int, data: bytes) -> None:
        """Keep a part, from 1, in the place of an earlier one of its number. Raises `Conflict` once it is finished."""
        ...

    async def finish_file(self, file_id: str, *, overwrite: bool = True) -> File:
        """Let it be found by its path, whole. Raises `Conflict` when a part is missing, and as `put_file` does."""
        ...

    async def find_file(self, path: str, *, environment: str = "dev") -> File | None: ...
    async def file_part(self, file_id: str, number: int) -> bytes:
        """The bytes of a part. Raises `NotFound` a while after the file was replaced or removed."""
        ...

    async def list_files(
        self, prefix: str = "", *, after: str = "", limit: int = 100, environment: str = "dev"
    ) -> Sequence[File]:
        """Files whose path begins with `prefix`, by path."""
        ...

    async def remove_file(self, path: str, *, environment: str = "dev") -> bool:
        """Free a path; whether there was a file."""
        ...
