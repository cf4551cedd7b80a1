"""Files: a row for each, and a row for each of its parts, with the bytes or with the key of the object that has them.

    uploading   parts come, in any order and perhaps again; falls due when it is not finished within a day
    ready       found by its path, at most one of a path; payloads fall due a day later
    removed     replaced, or removed: it falls due in minutes, so that who reads it can go on

What is due loses its parts, in bounded pieces, then its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from runcast.domain.errors import Conflict, InvalidInput, NotFound, ValueTooLarge
from runcast.domain.file import File, FileKind, FilePart, FileState, NewFile
from runcast.domain.limits import (
    FILE_BYTES_MAX,
    FILE_GRACE_MS,
    FILE_OPEN_MS,
    FILE_PARTS_MAX,
    FILES_BYTES_MAX,
    FILES_MAX,
    PAGE_ROWS_MAX,
)
from runcast.store.objects import Place, announce_for, keep
from runcast.store.rows import FileRow, Name, ObjectRow
from runcast.store.script import Script, call

_LAST = "\U0010ffff" * 2
"""Sorts after whatever may follow a prefix: what is behind it is not looked at."""
_AT_ONCE = 20
_PARTS_AT_ONCE = 16


def check_room(environment: str) -> Script[None]:
    """Raises `ValueTooLarge` when the environment keeps all that it may. Looked at beside the writer: uploads that come at
    once may pass it a little."""
    count: int = yield call("count_files", environment=environment)
    if count >= FILES_MAX:
        raise ValueTooLarge(
            f"the environment {environment} has {count:,} files, the limit is {FILES_MAX:,}: remove some"
        )
    size: int = yield call("sum_files", environment=environment)
    if size >= FILES_BYTES_MAX:
        raise ValueTooLarge(
            f"the files of the environment {environment} have {size:,} bytes, the limit is {FILES_BYTES_MAX:,}: remove some"
        )


def begin(new: NewFile, kind: FileKind, now: int) -> Script[None]:
    """An upload, as often as it is asked for."""
    row = (new.id, new.environment, kind.value, new.path, new.content_type, "uploading", 0, "", now, now + FILE_OPEN_MS)
    yield call("add_file", rows=[row])


def announce_part(file_id: str, digest: str, now: int) -> Script[Place]:
    """Say that a part is about to be uploaded to the blob store."""
    yield from _uploading(file_id)
    place = yield from announce_for(file_id, digest, now)
    return place


def put_part(
    file_id: str, number: int, data: bytes, digest: str, *, size: int, object_key: str | None = None
) -> Script[None]:
    """Keep a part, in the place of an earlier one of its number. Raises `NotFound`, and `Conflict` once it is finished."""
    if not 1 <= number <= FILE_PARTS_MAX:
        raise InvalidInput(f"parts have the numbers 1 to {FILE_PARTS_MAX:,}, got {number:,}")
    yield from _uploading(file_id)
    if object_key is not None:
        yield from keep([(file_id, digest, object_key)])
    yield call("put_file_part", rows=[(file_id, number, size, digest, object_key, data)])
    yield call("doom_file_objects", ids=[[file_id]], announced=0)
    yield call("weigh_file", id=file_id)


def finish(file_id: str, *, overwrite: bool, now: int) -> Script[File]:
    """Let the file be found by its path. Asked again it answers the same.

    The same bytes as those of the path now: these stay. Others, without `overwrite`: raises `Conflict`.
    """
    row = yield from _found(file_id)
    if row.state == FileState.READY:
        return _file(row)
    row = yield from _uploading(file_id)
    size, digest, count = yield from _whole(row)
    current: FileRow | None = yield call("file_at", environment=row.environment, kind=row.kind, path=row.path, now=0)
    if current is not None and (current.digest, current.content_type) == (digest, row.content_type):
        if row.kind == FileKind.FILE:
            yield call("give_up_file", id=file_id, due_at=now)
            return _file(current)
    elif current is not None and not overwrite:
        raise Conflict(f"there is a file {row.path!r} with other bytes: choose another path, or overwrite it")
    if current is not None:
        yield call("give_up_file", id=current.id, due_at=now + FILE_GRACE_MS)
    due_at = now + FILE_OPEN_MS if row.kind == FileKind.PACKET else None
    yield call("finish_file", id=file_id, size=size, digest=digest, due_at=due_at, now=now)
    return File(file_id, row.environment, row.path, row.content_type, size, digest, now, count)


def put_whole(new: NewFile, kind: FileKind, data: bytes, digest: str, now: int) -> Script[File]:
    """A file of one part, kept in the database, in one transaction."""
    if kind is FileKind.FILE:
        current = yield from find(new.environment, new.path, kind, now)
        if current is not None and (current.digest, current.content_type) == (digest, new.content_type):
            return current
    yield from begin(new, kind, now)
    yield from put_part(new.id, 1, data, digest, size=len(data))
    return (yield from finish(new.id, overwrite=new.overwrite, now=now))


def find(environment: str, path: str, kind: FileKind, now: int) -> Script[File | None]:
    row: FileRow | None = yield call("file_at", environment=environment, kind=kind.value, path=path, now=now)
    return None if row is None else _file(row)


def find_upload(file_id: str) -> Script[FileRow | None]:
    row: FileRow | None = yield call("file_row", id=file_id)
    return row


def parts(file_id: str) -> Script[tuple[FilePart, ...]]:
    found: list[FilePart] = yield call("parts_of_file", id=file_id)
    return tuple(found)


def part(file_id: str, number: int) -> Script[bytes | ObjectRow]:
    """The bytes of a part, or where they are. Raises `NotFound`."""
    place: ObjectRow | None = yield call("file_part_object", id=file_id, number=number)
    if place is not None:
        return place
    data: bytes | None = yield call("file_part_data", id=file_id, number=number)
    if data is None:
        raise NotFound(f"no part {number} of file {file_id}: was it replaced, or removed?")
    return data


def page(environment: str, prefix: str, after: str, limit: int) -> Script[tuple[File, ...]]:
    """Files whose path begins with `prefix`, by path, after a path."""
    rows: list[FileRow] = yield call(
        "list_files",
        environment=environment,
        kind=FileKind.FILE.value,
        prefix=prefix,
        prefix_chars=len(prefix),
        start=max(after, prefix),
        end=prefix + _LAST,
        after=after,
        limit=max(1, min(limit, PAGE_ROWS_MAX)),
    )
    return tuple(map(_file, rows))


def remove(environment: str, path: str, now: int) -> Script[bool]:
    """Free a path; whether there was a file."""
    row: FileRow | None = yield call("file_at", environment=environment, kind=FileKind.FILE.value, path=path, now=now)
    if row is not None:
        yield call("give_up_file", id=row.id, due_at=now + FILE_GRACE_MS)
    return row is not None


def abort(file_id: str, now: int) -> Script[None]:
    """Give an upload up. A finished file stays."""
    row: FileRow | None = yield call("file_row", id=file_id)
    if row is not None and row.state == FileState.UPLOADING:
        yield call("give_up_file", id=file_id, due_at=now)


def due(now: int) -> Script[list[Name]]:
    found: list[Name] = yield call("due_files", now=now, limit=_AT_ONCE)
    return found


def remove_due(now: int) -> Script[bool]:
    """Remove a bounded piece of what is due; whether there was anything."""
    found = yield from due(now)
    ids = [[row.name] for row in found]
    if ids:
        yield call("give_up_files", ids=ids)
        yield call("remove_file_parts", ids=ids, limit=_PARTS_AT_ONCE)
        yield call("doom_file_objects", ids=ids, announced=1)
        yield call("remove_files", ids=ids)
    return bool(ids)


def _found(file_id: str) -> Script[FileRow]:
    row: FileRow | None = yield call("file_row", id=file_id)
    if row is None:
        raise NotFound(f"no upload {file_id}")
    return row


def _uploading(file_id: str) -> Script[FileRow]:
    row = yield from _found(file_id)
    if row.state != FileState.UPLOADING:
        raise Conflict(f"the upload {file_id} is {'finished' if row.state == FileState.READY else 'given up'}")
    return row


def _whole(row: FileRow) -> Script[tuple[int, str, int]]:
    """Size, digest and number of the parts. Raises `Conflict` when one is missing."""
    found = yield from parts(row.id)
    if [part.number for part in found] != list(range(1, len(found) + 1)) or not found:
        raise Conflict(f"the upload {row.id} lacks a part: parts are numbered from 1, without a gap")
    size = sum(part.size for part in found)
    if size > FILE_BYTES_MAX:
        raise ValueTooLarge(f"file {row.path!r} has {size:,} bytes, the limit is {FILE_BYTES_MAX:,}")
    return size, _digest(found), len(found)


def _digest(parts: Sequence[FilePart]) -> str:
    if len(parts) == 1:
        return parts[0].digest
    whole = sha256(b"".join(bytes.fromhex(part.digest) for part in parts)).hexdigest()
    return f"{whole}-{len(parts)}"


def _file(row: FileRow) -> File:
    return File(row.id, row.environment, row.path, row.content_type, row.size, row.digest, row.created_at, row.parts)
