"""Care of a database file: what is in it, a copy of it while it is in use, its schema, its size."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import apsw
import msgspec

from runcast.domain.errors import Conflict, DatabaseCorrupt, DatabaseReadOnly
from runcast.store.sqlite.beside import reading
from runcast.store.sqlite.database import FileLock, connect, translated
from runcast.store.sqlite.migrate import migrate

PAGES_PER_STEP = 2_048
"""8 MB of usual pages: often enough for a progress bar, seldom enough to cost nothing."""

OnProgress = Callable[[int, int], None]
"""Is told (pages copied, pages in all)."""


class Table(msgspec.Struct, frozen=True):
    """A table and its number of rows."""

    name: str
    rows: int


class DatabaseInfo(msgspec.Struct, frozen=True):
    """What is in a file."""

    path: str
    schema: int
    file_bytes: int
    log_bytes: int
    """The write-ahead log beside it."""
    free_bytes: int
    """Pages that deleted rows left; new rows take them, `vacuum` gives them back."""
    tables: tuple[Table, ...]

    @property
    def fragmentation(self) -> float:
        """The free share of the file, 0 to 1."""
        return self.free_bytes / self.file_bytes if self.file_bytes else 0.0


def sqlite_version() -> str:
    """The SQLite that this process uses, which is not the interpreter's."""
    return apsw.sqlite_lib_version()


def inspect(path: Path) -> DatabaseInfo:
    """What is in the file, in one committed state; an engine may be running. Counts rows: it reads an index of each table."""
    with reading(path) as connection:
        page_bytes = connection.pragma("page_size")
        names = [
            str(name)
            for (name,) in connection.execute(
                "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name"
            )
        ]
        rows = [connection.execute(f'select count(*) from "{name}"').get for name in names]
        log = path.with_name(f"{path.name}-wal")
        return DatabaseInfo(
            path=str(path),
            schema=connection.pragma("user_version"),
            file_bytes=connection.pragma("page_count") * page_bytes,
            log_bytes=log.stat().st_size if log.exists() else 0,
            free_bytes=connection.pragma("freelist_count") * page_bytes,
            tables=tuple(Table(name, count) for name, count in zip(names, rows, strict=True)),
        )


def backup(path: Path, target: Path, *, overwrite: bool = False, on_progress: OnProgress | None = None) -> int:
    """Copy one committed state of `path` to `target`, while an engine writes; the size of the copy in bytes.

    The copy has its name only when it is whole, on disk, and SQLite finds it sound. Raises `Conflict` when `target`
    exists, `DatabaseReadOnly` when it cannot be written, `DatabaseLocked` when an engine has it open or another backup
    writes it. With `overwrite` it is replaced, unless it is the database itself.
    """
    _check_place(path, target)
    # Of one target there is one part, so that what a killed backup left is used up by the next.
    lock = FileLock(target, in_passing=True)
    lock.acquire()
    try:
        if target.exists() and not overwrite:
            raise Conflict(f"{target} exists; choose another name, or say --force")
        part = target.with_name(f"{target.name}.part")
        try:
            os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600))
            with reading(path) as source, translated(str(target)):
                _copy(source, part, on_progress)
            _sync(part)
            _replace(part, target)
        except OSError as error:
            raise DatabaseReadOnly(f"cannot write {target}: {error.strerror}. Check the directory.") from error
        finally:
            for left in (part, part.with_name(f"{part.name}-journal")):
                with suppress(OSError):
                    left.unlink()
        return target.stat().st_size
    finally:
        lock.release()


def _check_place(path: Path, target: Path) -> None:
    """Refuse what no copy may replace, and a directory that is not there: it would have been mounted, perhaps."""
    if not target.parent.is_dir():
        raise DatabaseReadOnly(f"cannot write {target}: there is no directory {target.parent}. Make it, or mount it.")
    try:
        found = target.stat()
    except OSError:
        return
    if os.path.samestat(found, path.stat()):
        raise Conflict(f"{target} is the database itself; choose another name")
    if not stat.S_ISREG(found.st_mode):
        raise Conflict(f"{target} is no ordinary file; choose another name")


def _replace(part: Path, target: Path) -> None:
    """Give the copy its name. A log that lies beside the old file would be taken for the copy's."""
    for what in ("wal", "shm", "journal"):
        target.with_name(f"{target.name}-{what}").unlink(missing_ok=True)
    part.replace(target)
    _sync(target.parent)


def _copy(source: apsw.Connection, part: Path, on_progress: OnProgress | None) -> None:
    """The source's open read transaction keeps the state that is copied; writers go on in the log."""
    copy = apsw.Connection(str(part))
    try:
        with copy.backup("main", source, "main") as copying:
            while not copying.done:
                copying.step(PAGES_PER_STEP)
                if on_progress is not None:
                    on_progress(copying.page_count - copying.remaining, copying.page_count)
        # The copy is one file, also for whoever only looks at it: no log beside it.
        copy.pragma("journal_mode", "delete")
        if (found := copy.pragma("quick_check")) != "ok":
            raise DatabaseCorrupt(f"the copy is not sound ({found}): check the disk, and the original with doctor")
    finally:
        copy.close()


def bring_up_to_date(path: Path) -> tuple[int, int]:
    """Apply the migrations that the file lacks, and make one that is not there; its schema before and after.

    Raises `DatabaseLocked` while an engine has it open, `Unavailable` when its schema is newer than this release.
    """
    lock = FileLock(path, in_passing=True)
    lock.acquire()
    try:
        connection = connect(str(path))
        try:
            with translated(str(path)):
                before = connection.pragma("user_version")
                migrate(connection, str(path))
                return before, connection.pragma("user_version")
        finally:
            connection.close()
    finally:
        lock.release()


def vacuum(path: Path) -> tuple[int, int]:
    """Write the file anew without free pages; its size in bytes before and after. It needs as much space again, meanwhile.

    Raises `DatabaseLocked` while an engine has it open.
    """
    lock = FileLock(path, in_passing=True)
    lock.acquire()
    try:
        connection = connect(str(path))
        try:
            with translated(str(path)):
                before = connection.pragma("page_count") * connection.pragma("page_size")
                connection.execute("vacuum")
                connection.execute("pragma wal_checkpoint(truncate)")
        finally:
            connection.close()
        return before, path.stat().st_size
    finally:
        lock.release()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
