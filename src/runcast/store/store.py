"""The store: opens a database, and runs scripts that write (one writer, group commit) or read (beside it)."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from runcast.clock import Clock
from runcast.domain.errors import EngineStopped, InvalidInput
from runcast.domain.transaction import App
from runcast.store import engine_time
from runcast.store.migrate import migrate
from runcast.store.query import Query
from runcast.store.script import ScriptFactory
from runcast.store.sqlite.apps import install
from runcast.store.sqlite.checkpointer import Checkpointer
from runcast.store.sqlite.database import Executor, FileLock, close_whole, connect, leave_log, translated
from runcast.store.sqlite.identity import FileIdentity
from runcast.store.sqlite.writer import Faults, Follower, Job, Writer

T = TypeVar("T")
_READERS = 2


def sqlite_path(database: str) -> str:
    """The file of `sqlite:///path`, `path` or `:memory:`. Raises `InvalidInput` for another scheme."""
    if database.startswith("sqlite:///"):
        return database.removeprefix("sqlite:///")
    if "://" in database:
        raise InvalidInput(f"database {database!r} is not supported: use a path, or sqlite:///path")
    return database


class Mailbox:
    """Hands calls to one event loop from the writer's thread, in order, with one wake-up for many."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[Mailbox], None] | None = None) -> None:
        self._loop = loop
        self._wake_or_hold = ring or Mailbox.wake
        self._items: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._lock = threading.Lock()
        self._scheduled = False

    def put(self, function: Callable[..., None], *args: Any) -> None:
        with self._lock:
            self._items.append((function, args))
            if self._scheduled:
                return
            self._scheduled = True
        self._wake_or_hold(self)

    def wake(self) -> None:
        """Let the loop take what is here."""
        try:
            self._loop.call_soon_threadsafe(self._drain)
        except RuntimeError:
            # The loop is closed: nobody waits for this any more.
            self._items.clear()

    def _drain(self) -> None:
        with self._lock:
            items, self._items = self._items, deque()
            self._scheduled = False
        for function, args in items:
            function(*args)


class Store:
    """An open database. `write` and `read` may be awaited on any loop."""

    def __init__(
        self,
        path: str,
        clock: Clock,
        *,
        threaded: bool = True,
        in_passing: bool = False,
        faults: Faults | None = None,
    ) -> None:
        """`in_passing`: not for an engine, which would be waited for."""
        self.path = path
        self._threaded = threaded
        self._memory = path == ":memory:"
        self._lock = None if self._memory else FileLock(Path(path), in_passing=in_passing)
        if self._lock is not None:
            self._lock.acquire()
        try:
            connection = connect(path)
            with translated(path):
                migrate(connection, path)
                executor = Executor(connection, path)
                clock = engine_time.go_on(executor, clock)
            self._identity = None if self._memory else FileIdentity(Path(path))
        except BaseException:
            if self._lock is not None:
                self._lock.release()
            raise
        self._executor = executor
        self.clock = clock
        """Engine time: the clock, unless it was turned back since the database was last open."""
        self._writer = Writer(self._executor, faults=faults)
        self._mailboxes: dict[asyncio.AbstractEventLoop, Mailbox] = {}
        self._writer.delivery = self._hold
        self._stepping = False
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False
        self._refusal = ""
        """Why nothing is read or written any more."""
        self._local = threading.local()
        self._readers: list[Executor] = []
        self._app_queries: dict[str, Query] = {}
        self._checkpointer: Checkpointer | None = None
        if threaded:
            self._start_threads()

    def _start_threads(self) -> None:
        if not self._memory:
            self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="runcast-reader")
            self._checkpointer = Checkpointer(self.path)
            self._checkpointer.start()
            self._writer.checkpoint = self._checkpointer.ring
        self._writer.start()

    async def install(self, app: App) -> None:
        """Make an extension's tables and queries known. Before anything else is read."""
        installed = await self.write(partial(install, self._executor, app, self.clock.now_ms()))
        self._app_queries.update(installed.queries)
        self._executor.add_queries(installed.queries)

    def set_follower(self, follower: Follower) -> None:
        """Who adds scripts to commits and hears of them."""
        self._writer.follower = follower

    def mailbox(self, loop: asyncio.AbstractEventLoop) -> Mailbox:
        """The way into `loop` from the writer's thread."""
        box = self._mailboxes.get(loop)
        if box is None:
            self._mailboxes = {other: kept for other, kept in self._mailboxes.items() if not other.is_closed()}
            box = self._mailboxes[loop] = Mailbox(loop, self._ring)
        return box

    def _ring(self, box: Mailbox) -> None:
        # Another thread's calls are none of the delivery: it would not learn when that ends.
        held: list[Mailbox] | None = getattr(self._local, "held", None)
        if held is None:
            box.wake()
        else:
            held.append(box)

    @contextmanager
    def _hold(self) -> Iterator[None]:
        """One delivery of the writer: loops wake at its end, the last addressed first.

        Those are the worker that was assigned a run, and the caller whose run ended. All share the interpreter's
        lock: a caller that wakes first, because its trigger is acknowledged, would keep the body from starting.
        """
        held: list[Mailbox] = []
        self._local.held = held
        try:
            yield
        finally:
            self._local.held = None
            for box in reversed(held):
                box.wake()

    def write(self, factory: ScriptFactory[T], *, lazy: bool = False) -> asyncio.Future[T]:
        """Run a script in the next commit; the future is done after it. `lazy`: it needs no fsync of its own."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self.submit(factory, _Resolver(future, self.mailbox(loop) if self._threaded else None), lazy=lazy)
        return future

    def submit(
        self, factory: ScriptFactory[Any], done: Callable[[Any, BaseException | None], None], *, lazy: bool = False
    ) -> None:
        """As `write`, with a callback on the writer's thread."""
        self._writer.submit(Job(factory, done, lazy))
        if not self._threaded and not self._stepping:
            self._stepping = True
            asyncio.get_running_loop().call_soon(self._step)

    def _step(self) -> None:
        self._stepping = False
        self._writer.step()

    async def read(self, factory: ScriptFactory[T]) -> T:
        """Run a script that only reads, beside the writer; it sees every commit acknowledged before."""
        if self._closed or self._refusal:
            raise EngineStopped(self._refusal or "the database is closed")
        if self._pool is not None:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, factory)
        if self._threaded:
            return await self.write(factory, lazy=True)
        return self.read_now(factory)

    def read_now(self, factory: ScriptFactory[T]) -> T:
        """Read on the writer's connection: for the writer's own thread, between transactions."""
        result: T = self._executor.run(factory(), [])
        return result

    def _read(self, factory: ScriptFactory[T]) -> T:
        executor: Executor | None = getattr(self._local, "executor", None)
        if executor is None:
            executor = self._local.executor = Executor(connect(self.path, readonly=True), self.path)
            executor.add_queries(self._app_queries)
            self._readers.append(executor)
        with translated(self.path):
            executor.connection.execute("begin")
            try:
                result: T = executor.run(factory(), [])
                return result
            finally:
                executor.connection.execute("rollback")

    def find_loss(self) -> str | None:
        """What happened to the file, if another or none is at its path now."""
        return None if self._identity is None else self._identity.find_loss()

    def refuse(self, reason: str) -> None:
        """Read and write nothing more, not even what is queued: all of it raises `EngineStopped`. `close` is still to be
        called, and deletes nothing at the path: what is there now is another's."""
        self._refusal = reason
        self._writer.refuse(reason)

    def close(self) -> None:
        """Finish queued writes, fold the log into the file, free the lock: the database is one file then."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        if self._pool is not None:
            self._pool.shutdown()
        if self._checkpointer is not None:
            self._checkpointer.close()
        # The log is folded in by the last connection that closes, if it may write: not by a reader that lies about
        # until the collector finds it.
        for reader in self._readers:
            reader.connection.close()
        if self._refusal:
            leave_log(self._executor.connection)
        close_whole(self._executor.connection, self.path)
        if self._lock is not None:
            self._lock.release()

    def abandon(self) -> None:
        """Drop everything without finishing, as a crash would. For simulations."""
        self._executor.connection.close(True)
        if self._lock is not None:
            self._lock.release()


class _Resolver:
    """Carries a script's end to its future, on the future's loop."""

    __slots__ = ("_future", "_mailbox")

    def __init__(self, future: asyncio.Future[Any], mailbox: Mailbox | None) -> None:
        self._future = future
        self._mailbox = mailbox

    def __call__(self, result: Any, error: BaseException | None) -> None:
        if self._mailbox is not None:
            self._mailbox.put(_resolve, self._future, result, error)
        else:
            _resolve(self._future, result, error)


def _resolve(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
