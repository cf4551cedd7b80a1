"""Opens a SQLite database and runs scripts on a connection; every failure becomes an error of the domain."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw
import msgspec

from runcast.domain.errors import (
    Conflict,
    DatabaseCorrupt,
    DatabaseLocked,
    DatabaseReadOnly,
    DiskFull,
    Unavailable,
)
from runcast.domain.transaction import App
from runcast.store.app_texts import app_texts
from runcast.store.script import Call
from runcast.store.session import Session
from runcast.store.sqlite.migrate import refuse_foreign
from runcast.store.sqlite.render import VALUES_CHUNKS, Query, load_queries, render

_ENCODE = msgspec.json.Encoder().encode
_STATEMENT_CACHE = 512
_BUSY_MS = 5_000
_CLOSE_BUSY_MS = 1_000
"""How long a stop waits for programs that read the file."""
log = logging.getLogger("runcast.store")


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise SQLite's errors as the domain's, saying which file and what to do."""
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise DatabaseCorrupt(
            f"{path} is damaged or not a SQLite database ({error}). Restore a backup, or move the file away."
        ) from error
    except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError) as error:
        raise DatabaseReadOnly(f"{path} cannot be opened for writing ({error}). {_what_to_check(path)}") from error
    except apsw.FullError as error:
        raise DiskFull(f"no space left for {path}; the request was rolled back. Free space and try again.") from error
    except apsw.ConstraintError as error:
        raise Conflict(f"a row of that id is stored already ({error}). Was the request sent twice?") from error
    except apsw.BusyError as error:
        raise DatabaseLocked(f"{path} is locked by another process ({error}).") from error
    except apsw.IOError as error:
        raise Unavailable(f"input/output error on {path}: {error}") from error


def _what_to_check(path: str) -> str:
    folder = Path(path).parent
    return "Check the directory's rights." if folder.is_dir() else f"The directory {folder} is not there (any more)."


def _create_private(path: str) -> None:
    """A new file is its owner's alone, and SQLite gives its log and index the same mode: payloads may be secret."""
    with suppress(OSError):  # it exists, or opening it will say what is wrong
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def connect(path: str, *, readonly: bool = False) -> apsw.Connection:
    """A connection with Runcast's settings: WAL, full durability, no surprises."""
    flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    if not readonly and path != ":memory:":
        _create_private(path)
    with translated(path):
        connection = apsw.Connection(path, flags=flags, statementcachesize=_STATEMENT_CACHE)
        connection.setbusytimeout(_BUSY_MS)
        # Without it a statement whose parameters could change its plan is compiled anew at every execution: 150 µs
        # instead of 10 for a claim.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        connection.execute("pragma foreign_keys = off")
        if not readonly:
            refuse_foreign(connection, path)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute("pragma fullfsync = on")
            # Checkpoints run off the writer's path, see `Writer`.
            connection.execute("pragma wal_autocheckpoint = 0")
            connection.execute("pragma journal_size_limit = 67108864")
        connection.execute("pragma temp_store = memory")
        # What was read lies in the mapped file, so the cache holds little but what was written since the last checkpoint.
        # With 64 MiB a run that sleeps kept 0.9 KiB of pages there; nothing was faster for it.
        connection.execute("pragma cache_size = -16384")
        connection.execute("pragma mmap_size = 268435456")
    return connection


def close_whole(connection: apsw.Connection, path: str) -> None:
    """Close the writing connection so that the database is one file, as far as programs that read beside it allow."""
    if path != ":memory:":
        connection.setbusytimeout(_CLOSE_BUSY_MS)
        try:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error as error:
            log.warning("%s-wal belongs to the database until it is opened next; copy both (%s)", path, error)
    connection.close()


def leave_log(connection: apsw.Connection) -> None:
    """Closing it does not delete the log: SQLite would, by its name, which may be that of another database now."""
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


class FileLock:
    """An exclusive lock beside a database file, held by the one engine that owns it and freed by the kernel.

    Its file goes when the lock is released, so whoever gets a lock looks whether its file is still the one of that name.
    """

    def __init__(self, database: Path, *, in_passing: bool = False) -> None:
        """`in_passing`: for a request or a command, not for an engine."""
        self._in_passing = in_passing
        # SQLite follows links to the file, so its lock must lie where every path to it leads.
        database = database.resolve()
        self._path = database.with_name(database.name + ".lock")
        self._fd: int | None = None

    def acquire(self) -> None:
        """Raises `DatabaseLocked` when another engine holds it, `DatabaseReadOnly`, `DiskFull` or `Unavailable` when it
        cannot be made; no file is left then."""
        while self._fd is None:
            self._fd = self._lock_file()

    def _lock_file(self) -> int | None:
        """The file, locked; None when its last owner removed it meanwhile."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _no_lock(self._path, error) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.read(fd, 32).decode(errors="replace")
            os.close(fd)
            raise _locked(self._path.with_suffix(""), owner) from error
        if not self._is_named(fd):
            os.close(fd)
            return None
        try:
            os.truncate(fd, 0)
            os.write(fd, f"{os.getpid()}{_IN_PASSING if self._in_passing else ''}".encode())
        except OSError as error:
            self._give_back(fd)
            raise _no_lock(self._path, error) from error
        return fd

    def _is_named(self, fd: int) -> bool:
        try:
            return os.path.samestat(os.fstat(fd), self._path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        if self._fd is not None:
            self._give_back(self._fd)
            self._fd = None

    def _give_back(self, fd: int) -> None:
        # Before others can have the lock: afterwards the name may be theirs.
        with suppress(OSError):
            if self._is_named(fd):
                self._path.unlink()
        os.close(fd)


_IN_PASSING = " in passing"
"""What follows the process in the lock's file when its owner is no engine."""


def _no_lock(path: Path, error: OSError) -> Unavailable:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return DiskFull(f"no space left for {path}. Free space and try again.")
        case errno.EIO:
            return Unavailable(f"input/output error on {path}: {error.strerror}")
        case _:
            return DatabaseReadOnly(f"cannot create {path}: {error.strerror}. Check the directory's rights.")


def _locked(database: Path, owner: str) -> DatabaseLocked:
    process = owner.removesuffix(_IN_PASSING) or "unknown"
    # An owner that has not said yet who it is will have, when one looks again.
    if owner and not owner.endswith(_IN_PASSING):
        return DatabaseLocked(
            f"{database} is in use by another engine (process {process}). "
            "Reach it through its socket, or stop it first."
        )
    error = DatabaseLocked(f"process {process} is at work in {database}, without an engine. Let it finish, or stop it.")
    error.in_passing = True
    return error


class SqliteSession(Session):
    """Runs scripts on one connection."""

    def __init__(self, connection: apsw.Connection, name: str) -> None:
        super().__init__()
        self.connection = connection
        self.name = name
        self._queries = load_queries()
        self._synchronous = "full"

    def know(self, app: App) -> None:
        self._queries = {**self._queries, **{text.name: render(text) for text in app_texts(app)}}

    def execute(self, call: Call) -> Any:
        query = self._queries[call.name]
        params = call.params
        if query.values_param is not None:
            return self._insert(query, params[query.values_param])
        if query.json_params:
            params = {**params, **{name: _ENCODE(params[name]).decode() for name in query.json_params}}
        cursor = self.connection.execute(query.sql, params)
        if query.decoder is not None:
            row = cursor.fetchone()
            if query.many:
                return query.decoder.decode(row[0])  # type: ignore[index]
            return None if row is None else query.decoder.decode(row[0])
        if query.scalar:
            row = cursor.fetchone()
            return None if row is None else row[0]
        return None

    def _insert(self, query: Query, rows: list[Any]) -> None:
        execute = self.connection.execute
        start, left = 0, len(rows)
        for size in VALUES_CHUNKS:
            while left >= size:
                chunk = rows[start : start + size]
                execute(query.insert_sql(size), [value for row in chunk for value in row])
                start += size
                left -= size

    def translated(self) -> AbstractContextManager[None]:
        return translated(self.name)

    @property
    def in_transaction(self) -> bool:
        return self.connection.in_transaction

    def begin(self, *, lazy: bool) -> int | None:
        wanted = "normal" if lazy else "full"
        if wanted != self._synchronous:
            self.connection.execute(f"pragma synchronous = {wanted}")
            self._synchronous = wanted
        self.connection.execute("begin immediate")
        return None

    def commit(self) -> None:
        self.connection.execute("commit")

    def rollback(self) -> None:
        self.connection.execute("rollback")

    def give_up(self) -> None:
        """Nobody takes a turn away here."""

    def savepoint(self, name: str) -> None:
        self.connection.execute(f"savepoint {name}")

    def rollback_to(self, name: str) -> None:
        self.connection.execute(f"rollback to {name}")

    def release(self, name: str) -> None:
        self.connection.execute(f"release {name}")

    def begin_read(self) -> None:
        self.connection.execute("begin")

    def close(self) -> None:
        self.connection.close()
