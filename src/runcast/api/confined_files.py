"""Files, for a caller of one environment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from runcast.api.confined import Confined
from runcast.domain.access import Role
from runcast.domain.errors import NotFound
from runcast.domain.file import File, NewFile
from runcast.store import confined


class ConfinedFiles(Confined):
    """`FileGateway` for a caller of one environment, whichever one is asked for."""

    async def put_file(self, new: NewFile, data: bytes) -> File:
        self._require(Role.OPERATOR)
        await self._no_other(new.id)
        return await self._engine.put_file(replace(new, environment=self._environment), data)

    async def begin_file(self, new: NewFile) -> None:
        self._require(Role.OPERATOR)
        await self._no_other(new.id)
        await self._engine.begin_file(replace(new, environment=self._environment))

    async def put_file_part(self, file_id: str, number: int, data: bytes) -> None:
        self._require(Role.OPERATOR)
        await self._no_other(file_id)
        await self._engine.put_file_part(file_id, number, data)

    async def finish_file(self, file_id: str, *, overwrite: bool = True) -> File:
        self._require(Role.OPERATOR)
        await self._no_other(file_id)
        return await self._engine.finish_file(file_id, overwrite=overwrite)

    async def find_file(self, path: str, *, environment: str = "dev") -> File | None:
        self._require(Role.VIEWER)
        return await self._engine.find_file(path, environment=self._environment)

    async def file_part(self, file_id: str, number: int) -> bytes:
        self._require(Role.VIEWER)
        await self._no_other(file_id)
        return await self._engine.file_part(file_id, number)

    async def list_files(
        self,
        prefix: str = "",
        *,
        after: str = "",
        limit: int = 100,
        environment: str = "dev",
    ) -> Sequence[File]:
        self._require(Role.VIEWER)
        return await self._engine.list_files(prefix, after=after, limit=limit, environment=self._environment)

    async def remove_file(self, path: str, *, environment: str = "dev") -> bool:
        self._require(Role.OPERATOR)
        return await self._engine.remove_file(path, environment=self._environment)

    async def _no_other(self, file_id: str) -> None:
        """Raises `NotFound` for a file of another environment."""
        environment = await self._engine.store.read(partial(confined.file_environment, file_id))
        if environment not in (None, self._environment):
            raise NotFound(f"no file {file_id!r}")
