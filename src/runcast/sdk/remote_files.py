"""Files over a socket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runcast.domain.file import File, NewFile


class RemoteFiles:
    """`FileGateway` for whoever can ask."""

    async def _ask(self, name: str, *arguments: object) -> Any:
        raise NotImplementedError

    async def put_file(self, new: NewFile, data: bytes) -> File:
        kept: File = await self._ask("put_file", new, data)
        return kept

    async def begin_file(self, new: NewFile) -> None:
        await self._ask("begin_file", new)

    async def put_file_part(self, file_id: str, number: int, data: bytes) -> None:
        await self._ask("put_file_part", file_id, number, data)

    async def finish_file(self, file_id: str, *, overwrite: bool = True) -> File:
        kept: File = await self._ask("finish_file", file_id, overwrite)
        return kept

    async def find_file(self, path: str, *, environment: str = "dev") -> File | None:
        found: File | None = await self._ask("find_file", path, environment)
        return found

    async def file_part(self, file_id: str, number: int) -> bytes:
        data: bytes = await self._ask("file_part", file_id, number)
        return data

    async def list_files(
        self, prefix: str = "", *, after: str = "", limit: int = 100, environment: str = "dev"
    ) -> Sequence[File]:
        found: Sequence[File] = await self._ask("list_files", prefix, after, limit, environment)
        return found

    async def remove_file(self, path: str, *, environment: str = "dev") -> bool:
        removed: bool = await self._ask("remove_file", path, environment)
        return removed
