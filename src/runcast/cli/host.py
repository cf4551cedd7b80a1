"""One life of `runcast dev` or `serve`: start the server, load apps, start workers, watch files and runs, stop in reverse."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from runcast import __version__
from runcast.cli import exits
from runcast.cli.banner import banner
from runcast.cli.connect import database_path
from runcast.cli.look import clock, now_ms, printable
from runcast.cli.output import console, note, print_json
from runcast.cli.own_tasks import own_tasks
from runcast.cli.processes import WorkerProcesses
from runcast.cli.runlog import follow_runs, json_runs, print_runs
from runcast.cli.shared import AWAY_S, shared_database
from runcast.cli.supervisor import READY, STOPPING, tell_supervisor
from runcast.domain.access import check_environment
from runcast.domain.address import Address
from runcast.domain.durations import duration_text
from runcast.domain.errors import EngineStopped, InvalidInput, RuncastError, Unavailable
from runcast.domain.masked import masked
from runcast.gateway import TaskInfo
from runcast.http_settings import ApiSettings, parse_http, parse_proxies
from runcast.logs import finish_logging, set_up_logging
from runcast.sdk.otel.export import set_up_telemetry
from runcast.sdk.registry import load_apps, registry
from runcast.server import Server, ServerConfig, engine_settings, outgoing_settings
from runcast.settings import Settings
from runcast.socket_server.network import Listen
from runcast.wire import socket_path
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import worker_settings
from runcast.worker.tuning import tune_process
from runcast.worker.variables import Variables

if TYPE_CHECKING:
    from runcast.api.serving import HttpServer

RELOAD_GRACE_MS = 500
"""The same when a file was saved: whoever saves wants to see the new code."""
logger = logging.getLogger("runcast")

Stop = Callable[[int], Awaitable[None]]
Ended = asyncio.Future[str | None]


class Plan(NamedTuple):
    """What is to be run."""

    settings: Settings
    apps: tuple[str, ...]
    """Files and modules; none: an engine without a worker."""
    home: Path
    """Where modules are looked for, and files watched."""
    reload: bool
    as_json: bool
    changed: str = ""
    """The file whose change restarted this process, or empty."""
    listen: Listen | None = None
    """Where other machines reach it."""
    local: bool = False
    """Programs and pages of this machine need no key."""


class Host:
    """An engine, usually with workers. Runs until a person stops it or a file changes."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._settings = plan.settings
        self._console = console()
        self._shared = shared_database(plan.settings.database)
        self._database = self._shared or str(database_path(plan.settings.database))
        self._socket = None if self._shared else socket_path(Path(self._database))
        self._address: Address | None = None
        self._metrics_url: str | None = None
        self._http: HttpServer | None = None
        self._started_at = now_ms()
        self._variables = Variables()
        self._stdout = sys.stdout
        if plan.as_json:
            # What the app prints must not stand between the lines of JSON.
            sys.stdout = sys.stderr

    async def run(self) -> str | None:
        """The name of the file that changed, or None when it was stopped. Raises what keeps it from starting."""
        metrics = self._metrics_address()
        self._set_environment()
        set_up_logging(self._settings, self._stdout)
        load_apps((), home=self._plan.home)  # extensions are found where apps are
        async with Server(self._server_config(metrics)) as server:
            self._address, self._metrics_url, self._http = server.address, server.metrics_url, server.http
            ended = self._listen()
            # It watches before the app is read: no change is missed.
            changes = asyncio.create_task(self._wait_for_change(ended))
            await asyncio.sleep(0)
            log: asyncio.Task[None] | None = None
            lost = asyncio.create_task(server.lost())
            stop_worker: Stop | None = None
            try:
                self._variables.take(await server.engine.variables(self._settings.environment))
                tasks = self._load()
                if tasks is not None and self._plan.apps:
                    stop_worker = await self._start_worker(server)
                if tasks is not None or self._plan.as_json or not self._plan.changed:
                    self._say_ready(tasks or [])
                tell_supervisor(READY)
                # Not before: whoever reads the output finds first that it is ready, then what happened since it started.
                log = asyncio.create_task(self._follow_runs(server))
                waited: list[asyncio.Future[Any]] = [ended, log, lost]
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                # The log of runs reads the file more often than the guard looks at it, so it may fail first.
                if (loss := server.find_loss()) is not None:
                    raise loss
                return ended.result() if ended.done() else log.result()
            finally:
                changes.cancel()
                lost.cancel()
                if stop_worker is not None:
                    saved = ended.done() and ended.result() is not None
                    await stop_worker(RELOAD_GRACE_MS if saved else self._settings.shutdown_grace_ms)
                if log is not None:
                    log.cancel()

    def _server_config(self, metrics: tuple[str, int] | None) -> ServerConfig:
        return ServerConfig(
            database=self._database,
            database_direct=self._settings.database_direct,
            blobs=self._settings.blobs,
            engine=engine_settings(self._settings),
            extensions=self._settings.extensions,
            metrics=metrics,
            listen=self._plan.listen,
            http=_http_settings(self._settings, local=self._plan.local),
            secret=self._settings.secret,
            outgoing=outgoing_settings(self._settings),
        )

    def _metrics_address(self) -> tuple[str, int] | None:
        from runcast.metrics.listener import parse_address

        settings = self._settings
        return parse_address(settings.metrics, public=settings.metrics_public) if settings.metrics else None

    def _set_environment(self) -> None:
        """Code of the app that triggers outside of a run reaches this engine; its processes have our settings."""
        os.environ.pop("RUNCAST_URL", None)
        os.environ["RUNCAST_DATABASE"] = self._shared or str(Path(self._database).absolute())
        if self._shared and self._settings.database_direct:
            os.environ["RUNCAST_DATABASE_DIRECT"] = self._settings.database_direct
        os.environ["RUNCAST_ENVIRONMENT"] = self._settings.environment
        os.environ["RUNCAST_LOG_FORMAT"] = self._settings.log_format
        os.environ["RUNCAST_LOG_LEVEL"] = self._settings.log_level
        if self._settings.extensions:
            os.environ["RUNCAST_EXTENSIONS"] = ",".join(self._settings.extensions)
        if self._settings.codec:
            os.environ["RUNCAST_CODEC"] = self._settings.codec
        if self._settings.public_url:
            os.environ["RUNCAST_PUBLIC_URL"] = self._settings.public_url

    # --- the app ------------------------------------------------------------------------------------------------

    def _load(self) -> list[TaskInfo] | None:
        """The tasks, or None when an app cannot be imported but a change may repair it."""
        try:
            load_apps(self._plan.apps, home=self._plan.home)
            finish_logging()
            set_up_telemetry()
            return [task.info() for task in own_tasks()]
        except Exception as error:
            told = str(error) if isinstance(error, RuncastError) else _user_traceback(error)
            if isinstance(error, RuncastError) and not self._plan.changed:
                raise
            what = f"{' '.join(self._plan.apps)} cannot be imported"
            if not self._plan.reload:
                raise InvalidInput(f"{what}:\n{told}") from error
            note(f"\n{told}\n{what}. Save a repair and it starts.")
        return None

    async def _start_worker(self, server: Server) -> Stop:
        """Start the worker inside, or worker processes; returns how to stop them within a grace in ms."""
        if self._settings.workers:
            module = "runcast.cli.attached" if self._shared else "runcast.worker"
            processes = WorkerProcesses(
                self._worker_arguments(), self._settings.workers, module=module, quiet=self._plan.as_json
            )
            await processes.start()
            return lambda grace_ms: processes.stop(grace_ms=grace_ms)
        worker = EmbeddedWorker(server.engine, registry, worker_settings(self._settings))
        tune_process()
        worker.start()
        await worker.opened()

        async def stop(grace_ms: int) -> None:
            worker.stop(grace_ms=grace_ms)
            await worker.joined()

        return stop

    def _worker_arguments(self) -> list[str]:
        settings = msgspec.json.encode(worker_settings(self._settings)).decode()
        apps = [argument for app in self._plan.apps for argument in ("--app", app)]
        # An address has a password, which everybody could read in the arguments: it is in the environment.
        where = ["--home", str(self._plan.home), *(["--socket", str(self._socket)] if self._socket else [])]
        return [*apps, *where, "--settings", settings]

    # --- what people see ------------------------------------------------------------------------------------------

    def _say_ready(self, tasks: list[TaskInfo]) -> None:
        if self._plan.as_json:
            names = [{"name": task.name, "source": task.source} for task in tasks]
            socket = str(self._socket) if self._socket else None
            listen = str(self._address) if self._address else None
            record = {
                "event": "ready",
                "database": masked(self._database),
                "socket": socket,
                "listen": listen,
                "http": self._http.url if self._http else None,
                "key": self._http.local_key if self._http else None,
                "metrics": self._metrics_url,
                "tasks": names,
            }
            print_json(record, self._stdout)
        elif self._plan.changed:
            line = f"{clock(now_ms())} {self._plan.changed} changed: {len(tasks)} tasks"
            self._console.print(line, style="bright_black", soft_wrap=True)
        else:
            shown = tasks if self._plan.apps else None
            drawn = banner(shown, self._facts(), version=__version__, width=self._console.width)
            self._console.print(drawn, soft_wrap=True)

    def _facts(self) -> list[tuple[str, str]]:
        # First what people open. The API has the same address.
        facts = [("dashboard", self._http.url)] if self._http else []
        facts.append(("database", printable(masked(self._database))))
        if self._socket:
            facts.append(("socket", printable(str(self._socket))))
        if self._http and self._http.local_key:
            facts += [("key", self._http.local_key), ("docs", f"{self._http.url}/api/docs")]
        if self._address:
            facts.append(("listen", str(self._address)))
        if self._metrics_url:
            facts.append(("metrics", self._metrics_url))
        facts.append(("worker", self._where_workers_are()))
        return [*facts, ("reload", "when a .py file changes")] if self._plan.reload else facts

    def _where_workers_are(self) -> str:
        if not self._plan.apps:
            return "none here; start some with `runcast worker`"
        workers, limit = self._settings.workers, self._settings.concurrency
        where = f"{workers} process{'es' if workers > 1 else ''}" if workers else "in this process"
        return where + (f", {limit} runs at once" if limit else "")

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
        tell_supervisor(STOPPING)
        if self._plan.as_json:
            print_json({"event": "stopping"}, self._stdout)
        else:
            grace = duration_text(self._settings.shutdown_grace_ms)
            note(f"\nstopping; running attempts get {grace} to finish (again Ctrl-C: at once)")

    async def _wait_for_change(self, ended: Ended) -> None:
        from watchfiles import PythonFilter, awatch

        if not self._plan.reload:
            return
        async for changes in awatch(*sorted(set(map(_home, self._plan.apps))), watch_filter=PythonFilter()):
            if not ended.done():
                ended.set_result(Path(min(changes)[1]).name)
            return

    async def _follow_runs(self, server: Server) -> None:
        show = partial(json_runs, self._stdout) if self._plan.as_json else partial(print_runs, self._console)
        while True:
            try:
                await follow_runs(server.engine, show, since=self._started_at)
            except Unavailable as error:
                if not self._shared or isinstance(error, EngineStopped):
                    raise
                # Another machine that is away for long comes back: the engine goes on then, and so does its log.
                logger.warning("%s", error)
                await asyncio.sleep(AWAY_S)
                self._started_at = now_ms()


def _http_settings(settings: Settings, *, local: bool) -> ApiSettings | None:
    found = parse_http(settings.http, public_url=settings.public_url, local=local)
    environment = check_environment(settings.environment)
    proxies = parse_proxies(settings.http_proxies)
    return found and msgspec.structs.replace(found, hosts=settings.http_hosts, proxies=proxies, environment=environment)


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
