"""The store: opens a database, and runs scripts that write (one writer, group commit) or read (beside it)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from runcast.clock import Clock
from runcast.domain.errors import EngineStopped, Unavailable
from runcast.domain.transaction import App
from runcast.store.database import Database
from runcast.store.mailbox import Mailbox
from runcast.store.script import ScriptFactory
from runcast.store.session import Session, TurnLost
from runcast.store.writer import Faults, Follower, Job, Meter, Writer

T = TypeVar("T")


class Store:
    """An open database. `write` and `read` may be awaited on any loop."""

    def __init__(
        self, database: Database, clock: Clock, *, threaded: bool = True, faults: Faults | None = None
    ) -> None:
        self.database = database
        self._threaded = threaded
        self._session, self.clock = database.open(clock)
        """`clock` is engine time: see the databases for how it differs from the clock of this machine."""
        self._writer = Writer(self._session, faults=faults)
        self._mailboxes: dict[asyncio.AbstractEventLoop, Mailbox] = {}
        self._writer.delivery = self._hold
        self._stepping = False
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False
        self._refusal = ""
        """Why nothing is read or written any more."""
        self._local = threading.local()
        self._readers: list[Session] = []
        self._apps: list[App] = []
        if threaded:
            self._start_threads()

    def _start_threads(self) -> None:
        if self.database.readers:
            self._pool = ThreadPoolExecutor(self.database.readers, thread_name_prefix="runcast-reader")
        self.database.start()
        self._writer.start()

    async def install(self, app: App) -> None:
        """Make an extension's tables and queries known. Before anything else is read."""
        await self.write(partial(self.database.install, self._session, app, self.clock.now_ms()))
        self._session.know(app)
        self._apps.append(app)

    def set_follower(self, follower: Follower) -> None:
        """Who adds scripts to commits and hears of them."""
        self._writer.follower = follower

    def set_meter(self, meter: Meter) -> None:
        """Who measures the writer's turns."""
        self._writer.meter = meter

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
        self._writer.submit(Job(factory, partial(self._done, done), lazy))
        if not self._threaded and not self._stepping:
            self._stepping = True
            asyncio.get_running_loop().call_soon(self._step)

    def _done(
        self, done: Callable[[Any, BaseException | None], None], result: Any, error: BaseException | None
    ) -> None:
        done(result, self._why(error) if isinstance(error, Unavailable) else error)

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
        with self._session.translated():
            result: T = self._session.run(factory(), [])
        return result

    def _read(self, factory: ScriptFactory[T]) -> T:
        try:
            return self._read_beside(factory)
        except Unavailable as error:
            raise self._why(error) from error

    def _why(self, error: Unavailable) -> Unavailable:
        """What a failure comes from: a database that is not there any more, or what it says itself."""
        reason = self._refusal or self.find_loss() or ""
        return EngineStopped(reason) if reason else error

    def _read_beside(self, factory: ScriptFactory[T]) -> T:
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self.database.open_reader()
            for app in self._apps:
                session.know(app)
            self._readers.append(session)
        while True:
            try:
                with session.translated():
                    return self._read_in(session, factory)
            except TurnLost:
                session.give_up()

    def _read_in(self, session: Session, factory: ScriptFactory[T]) -> T:
        session.begin_read()
        try:
            result: T = session.run(factory(), [])
            return result
        finally:
            if session.in_transaction:
                session.rollback()

    def find_loss(self) -> str | None:
        """What happened to the database, if it is not there any more."""
        return self.database.find_loss()

    def refuse(self, reason: str) -> None:
        """Read and write nothing more, not even what is queued: all of it raises `EngineStopped`. `close` is still to be
        called, and deletes nothing at the path: what is there now is another's."""
        self._refusal = reason
        self._writer.refuse(reason)

    def close(self) -> None:
        """Finish queued writes and let go of the database; what of it is this process's own is cleared away."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        if self._pool is not None:
            self._pool.shutdown()
        # Before the writer's: whoever closes last folds a log in, if it may write.
        for reader in self._readers:
            reader.close()
        self.database.close(self._session, refused=bool(self._refusal))

    def abandon(self) -> None:
        """Drop everything without finishing, as a crash would. For simulations."""
        self.database.abandon(self._session)


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
