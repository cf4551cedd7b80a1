"""`files`: keep bytes under a path, read and list them, from any process and inside tasks."""

from __future__ import annotations

import asyncio
import mimetypes
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from runcast.domain.errors import NotFound
from runcast.domain.file import File, NewFile, check_content_type, check_path
from runcast.domain.limits import FILE_PIECE_BYTES
from runcast.gateway import ClientGateway
from runcast.sdk.ambient import current_door, current_environment
from runcast.sdk.call import Call
from runcast.sdk.doors import Door
from runcast.sdk.execution import current_execution
from runcast.sdk.fresh_ids import fresh_id

Content = bytes | str | os.PathLike[str]
_BINARY = "application/octet-stream"


class Files:
    """Files of an engine; every method returns a call. `files` is the one of this process.

    >>> await files.put("reports/may.pdf", pdf)  # doctest: +SKIP
    >>> await files.get("reports/may.pdf")  # doctest: +SKIP

    Inside a task nothing is journaled: to put the same bytes again changes nothing, so a retry does no harm, and `get` reads
    what is there now; wrap it in a step to keep what was read. Files are those of the environment of
    the run, or of this program.
    """

    def __init__(self, find_door: Callable[[], Door] = current_door) -> None:
        self._find_door = find_door

    def put(
        self,
        path: str,
        content: Content,
        *,
        content_type: str | None = None,
        overwrite: bool = True,
        environment: str | None = None,
    ) -> Call[File]:
        """Keep bytes, text, or what is in a file of this machine (a `Path`), under a path.

        The content type is guessed from the path unless it is given. With `overwrite=False` other bytes that are there stay:
        `Conflict`. Whoever reads the path sees the old file or the new one, never a piece.
        """
        check_path(path)
        kind = check_content_type(content_type or _guess(path, content))
        where = environment or _environment()

        async def ask(gateway: ClientGateway) -> File:
            new = NewFile(fresh_id("file"), path, kind, where, overwrite)
            if isinstance(content, bytes | str):
                return await _put(gateway, new, content.encode() if isinstance(content, str) else content)
            return await _put_from(gateway, new, Path(content))

        # Asked again it is another upload, of bytes that may be there: then nothing changes.
        return self._find_door().call(ask, again=ask)

    def get(self, path: str, *, environment: str | None = None) -> Call[bytes]:
        """The bytes. Raises `NotFound`."""
        where = environment or _environment()

        async def ask(gateway: ClientGateway) -> bytes:
            file = await _find(gateway, path, where)
            return b"".join([await gateway.file_part(file.id, number) for number in range(1, file.parts + 1)])

        return self._find_door().call(ask, again=ask)

    def info(self, path: str, *, environment: str | None = None) -> Call[File]:
        """What is known of a file, without its bytes. Raises `NotFound`."""
        where = environment or _environment()

        async def ask(gateway: ClientGateway) -> File:
            return await _find(gateway, path, where)

        return self._find_door().call(ask, again=ask)

    def list(
        self, prefix: str = "", *, after: str = "", limit: int = 100, environment: str | None = None
    ) -> Call[Sequence[File]]:
        """Files whose path begins with `prefix`, by path; `after` is the last path of the page before.

        >>> [file.path for file in await files.list("reports/")]  # doctest: +SKIP
        """
        where = environment or _environment()

        async def ask(gateway: ClientGateway) -> Sequence[File]:
            return await gateway.list_files(prefix, after=after, limit=limit, environment=where)

        return self._find_door().call(ask, again=ask)

    def remove(self, path: str, *, environment: str | None = None) -> Call[bool]:
        """Remove a file; whether there was one."""
        where = environment or _environment()
        return self._find_door().call(lambda gateway: gateway.remove_file(path, environment=where))


files = Files()
"""The files of the engine that a bare `trigger()` reaches."""


async def _find(gateway: ClientGateway, path: str, environment: str) -> File:
    file = await gateway.find_file(path, environment=environment)
    if file is None:
        raise NotFound(f"no file {path!r} in environment {environment!r}")
    return file


async def _put(gateway: ClientGateway, new: NewFile, data: bytes) -> File:
    if len(data) <= FILE_PIECE_BYTES:
        return await gateway.put_file(new, data)
    await gateway.begin_file(new)
    for number, start in enumerate(range(0, len(data), FILE_PIECE_BYTES), 1):
        await gateway.put_file_part(new.id, number, data[start : start + FILE_PIECE_BYTES])
    return await gateway.finish_file(new.id, overwrite=new.overwrite)


async def _put_from(gateway: ClientGateway, new: NewFile, source: Path) -> File:
    """A part of it at a time."""
    with await asyncio.to_thread(source.open, "rb") as opened:
        data = await asyncio.to_thread(opened.read, FILE_PIECE_BYTES)
        more = await asyncio.to_thread(opened.read, FILE_PIECE_BYTES)
        if not more:
            return await gateway.put_file(new, data)
        await gateway.begin_file(new)
        number = 1
        while data:
            await gateway.put_file_part(new.id, number, data)
            data, more = more, await asyncio.to_thread(opened.read, FILE_PIECE_BYTES)
            number += 1
    return await gateway.finish_file(new.id, overwrite=new.overwrite)


def _guess(path: str, content: Content) -> str:
    guessed, encoding = mimetypes.guess_type(path, strict=False)
    if guessed and not encoding:
        return guessed
    return "text/plain; charset=utf-8" if isinstance(content, str) else _BINARY


def _environment() -> str:
    execution = current_execution()
    return current_environment() if execution is None else execution.assignment.environment
