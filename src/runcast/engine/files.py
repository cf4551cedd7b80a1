"""Keeps files: small parts in the database, large ones in the blob store if there is one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial

from runcast.blobs.bucket import Bucket, digest_of
from runcast.domain.errors import ValueTooLarge
from runcast.domain.file import File, FileKind, FilePart, NewFile, check_content_type, check_path
from runcast.domain.limits import (
    FILE_BYTES_MAX,
    FILE_PART_BYTES_MAX,
    FILE_PIECE_BYTES,
    INLINE_BYTES_MAX,
    UPLOADS_AT_ONCE,
)
from runcast.engine.uploads import Uploads
from runcast.store import files
from runcast.store.rows import FileRow, ObjectRow
from runcast.store.store import Store


class FileDesk:
    """Files of all environments, and payloads that are uploaded for triggers."""

    def __init__(self, store: Store, bucket: Bucket | None, uploads: Uploads) -> None:
        self._store = store
        self._bucket = bucket
        self._uploads = uploads
        self._room = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def put(self, new: NewFile, data: bytes, *, kind: FileKind = FileKind.FILE) -> File:
        """A file of one part."""
        await self._admit(new)
        _check_part(data)
        if self._bucket is None or len(data) <= INLINE_BYTES_MAX:
            digest = await asyncio.to_thread(digest_of, data)
            return await self._store.write(partial(files.put_whole, new, kind, data, digest, self._now()))
        await self._store.write(partial(files.begin, new, kind, self._now()))
        await self.put_part(new.id, 1, data)
        return await self.finish(new.id, overwrite=new.overwrite)

    async def begin(self, new: NewFile, *, kind: FileKind = FileKind.FILE) -> None:
        await self._admit(new)
        await self._store.write(partial(files.begin, new, kind, self._now()))

    async def put_part(self, file_id: str, number: int, data: bytes) -> FilePart:
        _check_part(data)
        async with self._room:
            digest = await asyncio.to_thread(digest_of, data)
            key = await self._upload(self._bucket, file_id, data, digest)
            kept = data if key is None else b""
            await self._store.write(
                partial(files.put_part, file_id, number, kept, digest, size=len(data), object_key=key)
            )
        return FilePart(number, len(data), digest)

    async def _upload(self, bucket: Bucket | None, file_id: str, data: bytes, digest: str) -> str | None:
        """The key of the object that has the bytes; None: they stay in the database."""
        if bucket is None or len(data) <= INLINE_BYTES_MAX:
            return None
        place = await self._store.write(partial(files.announce_part, file_id, digest, self._now()))
        if not place.kept:
            await bucket.put(place.key, data)
        return place.key

    async def finish(self, file_id: str, *, overwrite: bool = True) -> File:
        return await self._store.write(partial(files.finish, file_id, overwrite=overwrite, now=self._now()))

    async def put_stream(self, new: NewFile, chunks: AsyncIterator[bytes], *, kind: FileKind = FileKind.FILE) -> File:
        """A file of any size, a part of it in memory. Raises `ValueTooLarge`; nothing is kept then."""
        held, number, size = bytearray(), 0, 0
        try:
            async for chunk in chunks:
                held += chunk
                size += len(chunk)
                if size > FILE_BYTES_MAX:
                    raise ValueTooLarge(f"file {new.path!r} has more than {FILE_BYTES_MAX:,} bytes, which is the limit")
                while len(held) > FILE_PIECE_BYTES:
                    if number == 0:
                        await self.begin(new, kind=kind)
                    number += 1
                    await self.put_part(new.id, number, bytes(held[:FILE_PIECE_BYTES]))
                    del held[:FILE_PIECE_BYTES]
            if number == 0:
                return await self.put(new, bytes(held), kind=kind)
            await self.put_part(new.id, number + 1, bytes(held))
            return await self.finish(new.id, overwrite=new.overwrite)
        except BaseException:
            if number:
                await asyncio.shield(self.abort(new.id))
            raise

    async def abort(self, file_id: str) -> None:
        """Give an upload up."""
        await self._store.write(partial(files.abort, file_id, self._now()))

    async def find(self, path: str, *, environment: str = "dev", kind: FileKind = FileKind.FILE) -> File | None:
        return await self._store.read(partial(files.find, environment, path, kind, self._now()))

    async def find_upload(self, file_id: str) -> FileRow | None:
        """An upload in any state."""
        return await self._store.read(partial(files.find_upload, file_id))

    async def parts(self, file_id: str) -> Sequence[FilePart]:
        return await self._store.read(partial(files.parts, file_id))

    async def part(self, file_id: str, number: int) -> bytes:
        stored = await self._store.read(partial(files.part, file_id, number))
        return await self._uploads.get(stored) if isinstance(stored, ObjectRow) else stored

    async def read(self, file: File, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` until before `end`, part by part."""
        end = file.size if end is None else end
        at = 0
        for part in await self.parts(file.id):
            if at < end and at + part.size > start:
                data = await self.part(file.id, part.number)
                yield data[max(0, start - at) : end - at]
            at += part.size

    async def list(self, prefix: str, *, after: str, limit: int, environment: str) -> Sequence[File]:
        return await self._store.read(partial(files.page, environment, prefix, after, limit))

    async def remove(self, path: str, *, environment: str) -> bool:
        return await self._store.write(partial(files.remove, environment, path, self._now()))

    async def _admit(self, new: NewFile) -> None:
        check_path(new.path)
        check_content_type(new.content_type)
        await self._store.read(partial(files.check_room, new.environment))

    def _now(self) -> int:
        return self._store.clock.now_ms()


class FileDoor:
    """`FileGateway` over a desk."""

    files: FileDesk

    async def put_file(self, new: NewFile, data: bytes) -> File:
        return await self.files.put(new, data)

    async def begin_file(self, new: NewFile) -> None:
        await self.files.begin(new)

    async def put_file_part(self, file_id: str, number: int, data: bytes) -> None:
        await self.files.put_part(file_id, number, data)

    async def finish_file(self, file_id: str, *, overwrite: bool = True) -> File:
        return await self.files.finish(file_id, overwrite=overwrite)

    async def find_file(self, path: str, *, environment: str = "dev") -> File | None:
        return await self.files.find(path, environment=environment)

    async def file_part(self, file_id: str, number: int) -> bytes:
        return await self.files.part(file_id, number)

    async def list_files(
        self, prefix: str = "", *, after: str = "", limit: int = 100, environment: str = "dev"
    ) -> Sequence[File]:
        return await self.files.list(prefix, after=after, limit=limit, environment=environment)

    async def remove_file(self, path: str, *, environment: str = "dev") -> bool:
        return await self.files.remove(path, environment=environment)


def _check_part(data: bytes) -> None:
    if len(data) > FILE_PART_BYTES_MAX:
        raise ValueTooLarge(f"a part of a file has at most {FILE_PART_BYTES_MAX:,} bytes, got {len(data):,}")
