"""`runcast worker`: a process that executes runs for an engine in another process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runcast import config
from runcast.cli import exits
from runcast.cli.command import Command, database_option
from runcast.cli.connect import PATIENCE_S, find_socket
from runcast.cli.shared import is_shared
from runcast.cli.wiring import (
    app_argument,
    choose_apps,
    codec_option,
    concurrency_option,
    environment_option,
    key_option,
    log_format_option,
    metrics_option,
    metrics_public_option,
    tls_ca_option,
)
from runcast.domain.durations import duration_text
from runcast.domain.errors import InvalidInput, RuncastError
from runcast.domain.masked import masked

if TYPE_CHECKING:
    from runcast.sdk.dial import Where
    from runcast.worker.started import Stoppable

EXAMPLES = (
    ("runcast worker app.py", "for the engine of this project"),
    ("runcast worker shop.jobs --concurrency 20", "a module; at most twenty runs at once"),
    ("runcast worker app.py --labels gpu", 'takes tasks with `machine="gpu"`, and those that need none'),
    ("runcast worker app.py --url unix:///run/runcast/runcast.db.sock", "for the engine behind that socket"),
    ("RUNCAST_KEY=… runcast worker app.py --url tls://runs.example.com:8420", "for an engine on another machine"),
    ("RUNCAST_KEY=tr_… runcast worker app.py --url https://runs.example.com", "through the port of its HTTP API"),
    ("runcast worker app.py -d postgresql://ada@db.example.com/shop", "an engine of its own on a shared database"),
)


@click.command(cls=Command, examples=EXAMPLES)
@app_argument
@concurrency_option
@click.option(
    "--labels", metavar="A,B", help="Machines that it serves: runs of tasks with another `machine` go elsewhere."
)
@click.option(
    "--url",
    metavar="URL",
    help="The engine: unix:///path, tcp://HOST:PORT, tls://HOST:PORT, https://HOST  [default: beside the database]",
)
@key_option
@tls_ca_option
@environment_option
@codec_option
@metrics_option
@metrics_public_option
@log_format_option
@database_option
def worker(apps: Sequence[str], labels: str | None, as_json: bool, **flags: object) -> int:
    """Execute the tasks of APP (files or modules) for an engine in another process: `runcast serve` or `dev`.

    It needs the engine's socket, not the database. Start as many as there are cores. An engine that is not there yet,
    or goes, is waited for. On a PostgreSQL it is an engine itself, and needs no other. SIGTERM and Ctrl-C stop it
    gracefully; what does not finish within `shutdown_grace` is handed back unharmed.
    """
    flags["labels"] = labels and labels.split(",")
    found = config.load(flags | ({"log_format": "json"} if as_json else {}))
    if flags["metrics"] and not is_shared(found.settings):
        raise InvalidInput("this worker has no engine of its own, and no metrics: give --metrics to `runcast serve`")
    recycle = asyncio.run(_Process(found, choose_apps(apps, found)).run())
    if recycle:
        from runcast.cli.dev import start_anew

        start_anew()
    return exits.OK


def _metrics_address(found: config.Config) -> tuple[str, int] | None:
    """Where an engine in this process is to tell its numbers. A project's file means its server: on one machine with
    that, a worker would want the same port."""
    from runcast.metrics.listener import parse_address

    if found.origins.get("metrics") not in ("--metrics", "RUNCAST_METRICS") or not is_shared(found.settings):
        return None
    return parse_address(found.settings.metrics, public=found.settings.metrics_public)


class _Process:
    """From loading the apps to the last attempt."""

    def __init__(self, found: config.Config, apps: tuple[str, ...]) -> None:
        self._config = found
        self._settings = found.settings
        self._apps = apps
        self._metrics = _metrics_address(found)
        self._shared = is_shared(found.settings)
        self._place: dict[str, object] = (
            {"database": masked(found.settings.database)}
            if self._shared
            else {"socket": str(find_socket(found.settings))}
        )
        self._as_json = found.settings.log_format == "json"
        self._stdout = sys.stdout
        self._opened = asyncio.Event()
        self._stopping = False

    async def run(self) -> bool:
        from runcast.logs import finish_logging, set_up_logging
        from runcast.sdk.extension import load_extensions
        from runcast.sdk.otel.export import set_up_telemetry
        from runcast.sdk.registry import load_apps
        from runcast.worker.tuning import tune_process

        if self._settings.codec:
            os.environ["RUNCAST_CODEC"] = self._settings.codec
        self._set_environment()
        if self._as_json:
            sys.stdout = sys.stderr
        set_up_logging(self._settings, self._stdout)
        load_apps(self._apps, home=self._config.home)
        load_extensions(self._settings.extensions)
        finish_logging()
        set_up_telemetry()
        tune_process()
        return await (self._serve_attached() if self._shared else self._serve())

    async def _serve(self) -> bool:
        """For an engine in another process."""
        from runcast.worker.process import serve
        from runcast.worker.settings import worker_settings

        waiting = asyncio.create_task(self._say_waiting())
        try:
            return await serve(
                find_socket(self._settings),
                worker_settings(self._settings),
                on_open=lambda _session: self._say_open(),
                obey=self._obey,
            )
        finally:
            waiting.cancel()

    async def _serve_attached(self) -> bool:
        """With an engine in this one."""
        from runcast.cli.attached import serve_attached
        from runcast.worker.settings import worker_settings

        settings = self._settings
        await serve_attached(
            settings, worker_settings(settings), on_open=self._say_open, obey=self._obey, metrics=self._metrics
        )
        return False

    def _set_environment(self) -> None:
        """Code of the app that triggers outside of a run reaches the same runs, and so do its processes."""
        os.environ["RUNCAST_ENVIRONMENT"] = self._settings.environment
        if self._shared:
            os.environ.pop("RUNCAST_URL", None)
            os.environ["RUNCAST_DATABASE"] = self._settings.database
            os.environ["RUNCAST_DATABASE_DIRECT"] = self._settings.database_direct
        else:
            where = find_socket(self._settings)
            os.environ["RUNCAST_URL"] = f"unix://{where.absolute()}" if isinstance(where, Path) else str(where)
            os.environ["RUNCAST_KEY"] = self._settings.shown_key
            os.environ["RUNCAST_TLS_CA"] = self._settings.tls_ca and str(Path(self._settings.tls_ca).absolute())

    def _say_open(self, metrics: str | None = None) -> None:
        from runcast.cli.own_tasks import own_tasks
        from runcast.cli.supervisor import READY, tell_supervisor

        names = sorted(task.name for task in own_tasks())
        if not self._opened.is_set():
            tell_supervisor(READY)
        self._opened.set()
        where = {"metrics": metrics} if metrics else {}
        self._say({"event": "ready", **self._place, "tasks": names, **where}, _ready(self._place, names))

    async def _say_waiting(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._opened.wait()
        except TimeoutError:
            (where,) = self._place.values()
            reason = await _why_not(find_socket(self._settings))
            if self._opened.is_set():
                return
            nobody = f"no engine answers at {where} yet: `runcast serve` starts one"
            self._say({"event": "waiting", **self._place, "reason": reason}, reason or nobody)

    def _obey(self, running: Stoppable) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, running)

    def _stop(self, running: Stoppable) -> None:
        """The first signal stops gracefully, the second at once: the engine takes back what was in flight."""
        if self._stopping:
            os._exit(exits.INTERRUPTED)
        self._stopping = True
        grace = duration_text(self._settings.shutdown_grace_ms)
        self._say({"event": "stopping"}, f"\nstopping; running attempts get {grace} to finish (again Ctrl-C: at once)")
        running.stop()

    def _say(self, record: dict[str, object], text: str) -> None:
        from runcast.cli.output import note, print_json

        if self._as_json:
            print_json(record, self._stdout)
        else:
            note(text)


async def _why_not(where: Where) -> str:
    """Why nobody answers on a network, where there are many reasons; empty for a socket's file, and when somebody does."""
    from runcast.sdk.dial import dial

    if isinstance(where, Path):
        return ""
    try:
        _, writer = await dial(where)
    except RuncastError as error:
        return str(error)
    writer.close()
    return ""


def _ready(place: Mapping[str, object], names: Sequence[str]) -> str:
    where = f"the engine at {place['socket']}" if "socket" in place else f"{place['database']}"
    return f"worker {os.getpid()} executes {len(names)} tasks for {where}: {', '.join(names)}"
