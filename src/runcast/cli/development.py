"""One life of `runcast dev`: start the server, load the app, start workers, watch files and runs, stop in reverse."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from runcast import __version__
from runcast.cli import exits
from runcast.cli.banner import banner
from runcast.cli.connect import database_path
from runcast.cli.look import clock, now_ms, printable
from runcast.cli.output import console, note, print_json
from runcast.cli.processes import WorkerProcesses
from runcast.cli.runlog import follow_runs, json_runs, print_runs
from runcast.domain.errors import InvalidInput, RuncastError, Unavailable
from runcast.gateway import TaskInfo
from runcast.sdk.registry import load_app, registry
from runcast.server import Server, ServerConfig
from runcast.wire import socket_path
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings
from runcast.worker.tuning import tune_process

GRACE_MS = 10_000
"""What attempts get to finish when a person stops `dev`."""
RELOAD_GRACE_MS = 500
"""The same when a file was saved: whoever saves wants to see the new code."""
LOSS_S = 1
"""How often `dev` looks whether its database is still there."""
PROCESSES_MAX = 8
"""Runs with a process of their own that `--concurrency` asks for at most; each is a whole interpreter."""

Stop = Callable[[int], Awaitable[None]]
Ended = asyncio.Future[str | None]


class Settings(NamedTuple):
    """What `runcast dev` was asked."""

    app: str
    port: int | None
    workers: int
    concurrency: int | None
    reload: bool
    database: str | None
    as_json: bool
    changed: str
    """The file whose change restarted this process, or empty."""


class Development:
    """Runs until a person stops it or a file changes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._console = console()
        self._database = database_path(settings.database)
        self._started_at = now_ms()
        self._stdout = sys.stdout
        if settings.as_json:
            # What the app prints must not stand between the lines of JSON.
            sys.stdout = sys.stderr

    async def run(self) -> str | None:
        """The name of the file that changed, or None when it was stopped. Raises what keeps it from starting."""
        self._set_environment()
        async with Server(ServerConfig(database=str(self._database))) as server:
            ended = self._listen()
            # It watches before the app is read: no change is missed.
            changes = asyncio.create_task(self._wait_for_change(ended))
            await asyncio.sleep(0)
            log = asyncio.create_task(self._follow_runs(server))
            lost = asyncio.create_task(self._wait_for_loss())
            stop_worker: Stop | None = None
            try:
                tasks = self._load()
                if tasks is not None:
                    stop_worker = await self._start_worker(server)
                if tasks is not None or self._settings.as_json or not self._settings.changed:
                    self._say_ready(tasks or [])
                waited: list[asyncio.Future[Any]] = [ended, log, lost]
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if lost.done():
                    lost.result()
                return ended.result() if ended.done() else log.result()
            finally:
                changes.cancel()
                lost.cancel()
                if stop_worker is not None:
                    saved = ended.done() and ended.result() is not None
                    await stop_worker(RELOAD_GRACE_MS if saved else GRACE_MS)
                log.cancel()

    def _set_environment(self) -> None:
        """Code of the app that triggers outside of a run reaches this engine; links carry our port."""
        os.environ["RUNCAST_DATABASE"] = str(self._database.absolute())
        if self._settings.port is not None:
            os.environ["RUNCAST_PAGES"] = f"http://127.0.0.1:{self._settings.port}"

    async def _wait_for_loss(self) -> None:
        """Raises when the file is no longer at its path: what is written from then on, nobody would ever read."""
        opened = self._database.stat().st_ino
        while True:
            await asyncio.sleep(LOSS_S)
            try:
                found = self._database.stat().st_ino
            except FileNotFoundError:
                found = None
            if found != opened:
                raise Unavailable(f"{self._database} was deleted or replaced while it was in use. Start again.")

    # --- the app ------------------------------------------------------------------------------------------------

    def _load(self) -> list[TaskInfo] | None:
        """The app's tasks, or None when it cannot be imported but a change may repair it."""
        try:
            load_app(self._settings.app)
            return [definition.info() for definition in registry]
        except Exception as error:
            told = str(error) if isinstance(error, RuncastError) else _user_traceback(error)
            if isinstance(error, RuncastError) and not self._settings.changed:
                raise
            if not self._settings.reload:
                raise InvalidInput(f"{self._settings.app} cannot be imported:\n{told}") from error
            note(f"\n{told}\n{self._settings.app} cannot be imported. Save a repair and it starts.")
        return None

    async def _start_worker(self, server: Server) -> Stop:
        """Start the worker inside, or worker processes; returns how to stop them within a grace in ms."""
        if self._settings.workers:
            processes = WorkerProcesses(self._worker_arguments(), self._settings.workers, quiet=self._settings.as_json)
            await processes.start()
            return lambda grace_ms: processes.stop(grace_ms=grace_ms)
        worker = EmbeddedWorker(server.engine, registry, self._worker_settings())
        tune_process()
        worker.start()
        await worker.opened()

        async def stop(grace_ms: int) -> None:
            worker.stop(grace_ms=grace_ms)
            await worker.joined()

        return stop

    def _worker_arguments(self) -> list[str]:
        settings = msgspec.json.encode(self._worker_settings()).decode()
        socket = str(socket_path(self._database))
        return ["--app", self._settings.app, "--socket", socket, "--settings", settings]

    def _worker_settings(self) -> WorkerSettings:
        limit = self._settings.concurrency
        if limit is None:
            return WorkerSettings()
        return WorkerSettings(async_capacity=limit, thread_capacity=limit, process_capacity=min(limit, PROCESSES_MAX))

    # --- what people see ------------------------------------------------------------------------------------------

    def _say_ready(self, tasks: list[TaskInfo]) -> None:
        socket = socket_path(self._database)
        if self._settings.as_json:
            names = [{"name": task.name, "source": task.source} for task in tasks]
            print_json(
                {"event": "ready", "database": str(self._database), "socket": str(socket), "tasks": names}, self._stdout
            )
        elif self._settings.changed:
            line = f"{clock(now_ms())} {self._settings.changed} changed: {len(tasks)} tasks"
            self._console.print(line, style="bright_black", soft_wrap=True)
        else:
            drawn = banner(tasks, self._facts(socket), version=__version__, width=self._console.width)
            self._console.print(drawn, soft_wrap=True)

    def _facts(self, socket: Path) -> list[tuple[str, str]]:
        workers = self._settings.workers
        where = f"{workers} process{'es' if workers > 1 else ''}" if workers else "in this process"
        limit = self._settings.concurrency
        return [
            ("database", printable(str(self._database))),
            ("socket", printable(str(socket))),
            ("worker", where + (f", {limit} runs at once" if limit else "")),
            ("reload", "when a .py file changes" if self._settings.reload else "off"),
        ]

    # --- what ends it --------------------------------------------------------------------------------------------

    def _listen(self) -> Ended:
        """What ends this life: signals set it to None, a change to the file's name."""
        loop = asyncio.get_running_loop()
        ended: Ended = loop.create_future()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, ended)
        return ended

    def _on_signal(self, ended: Ended) -> None:
        """The first signal stops gracefully, the second at once: the next start takes everything up again."""
        if ended.done():
            os._exit(exits.INTERRUPTED)
        ended.set_result(None)
        if self._settings.as_json:
            print_json({"event": "stopping"}, self._stdout)
        else:
            note(f"\nstopping; running attempts get {GRACE_MS // 1000} s to finish (again Ctrl-C: at once)")

    async def _wait_for_change(self, ended: Ended) -> None:
        from watchfiles import PythonFilter, awatch

        if not self._settings.reload:
            return
        async for changes in awatch(_home(self._settings.app), watch_filter=PythonFilter()):
            if not ended.done():
                ended.set_result(Path(min(changes)[1]).name)
            return

    async def _follow_runs(self, server: Server) -> None:
        show = partial(json_runs, self._stdout) if self._settings.as_json else partial(print_runs, self._console)
        await follow_runs(server.engine, show, since=self._started_at)


def _home(app: str) -> Path:
    """The directory whose files are watched: that of the app, or of the outermost package it is in."""
    path = Path(app)
    if not path.is_file():
        return Path.cwd()
    home = path.resolve().parent
    while (home / "__init__.py").is_file():
        home = home.parent
    return home


def _user_traceback(error: BaseException) -> str:
    """The traceback without the frames of Runcast and of the import machinery."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = str(Path(__file__).parents[1])
    users = [frame for frame in frames if not frame.filename.startswith((ours, "<frozen "))]
    return printable("".join(traceback.format_list(users) + traceback.format_exception_only(error)).rstrip())
