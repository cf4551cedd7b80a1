"""From settings to what an engine and a worker are built with, and the options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec.structs import replace

from runcast.config import Config, Settings
from runcast.domain.errors import InvalidInput

if TYPE_CHECKING:
    from runcast.engine.engine import EngineSettings
    from runcast.worker.settings import WorkerSettings

F = TypeVar("F", bound=Callable[..., Any])

PROCESSES_MAX = 8
"""Runs with a process of their own that `--concurrency` asks for at most; each is a whole interpreter."""
RENEWALS_PER_LEASE = 6
USUAL_APP = "app.py"

concurrency_option = click.option(
    "--concurrency", type=click.IntRange(1, 100_000), metavar="N", help="Runs that a worker executes at once."
)
workers_option = click.option(
    "--workers", type=click.IntRange(0, 256), metavar="N", help="Worker processes instead of one inside."
)
public_url_option = click.option(
    "--public-url", metavar="URL", help="Where people reach pages; `run.url` and `approval.url` begin with it."
)
codec_option = click.option(
    "--codec", metavar="MODULE:OBJECT", help="Encrypts payloads, outputs and journals in this process."
)
log_format_option = click.option(
    "--log-format", type=click.Choice(["pretty", "json"]), help="Lines for people, or JSON lines; --json is the same."
)


def app_argument(command: F) -> F:
    """Files and modules with tasks; completed as file names."""
    return click.argument("apps", metavar="[APP]...", nargs=-1, type=click.Path())(command)


def choose_apps(given: Sequence[str], config: Config) -> tuple[str, ...]:
    """The apps that were named, else those of the settings, else `app.py` of the project. Raises `InvalidInput`."""
    if found := tuple(given) or config.settings.apps:
        return found
    usual = config.home / USUAL_APP
    if usual.is_file():
        return (USUAL_APP if config.home == Path.cwd() else str(usual),)
    raise InvalidInput(
        f'no app: name a file or module with tasks, or put `app = "…"` under [tool.runcast] in pyproject.toml. '
        f"There is no {USUAL_APP} in {config.home} either; `runcast init` makes one."
    )


def engine_settings(settings: Settings) -> EngineSettings:
    from runcast.engine.engine import EngineSettings

    return EngineSettings(
        lease_ms=settings.lease_ms,
        renew_ms=max(1, settings.lease_ms // RENEWALS_PER_LEASE),
        retention_ms=settings.retention_ms,
        retention_failed_ms=settings.retention_failed_ms or None,
    )


def worker_settings(settings: Settings) -> WorkerSettings:
    from runcast.worker.settings import WorkerSettings

    limit = settings.concurrency
    capacity = WorkerSettings(
        grace_ms=settings.shutdown_grace_ms,
        evict_after_ms=settings.evict_after_ms,
        ttl_ms=settings.ttl_ms or None,
        labels=settings.labels or None,
    )
    if limit is None:
        return capacity
    processes = min(limit, PROCESSES_MAX)
    return replace(capacity, async_capacity=limit, thread_capacity=limit, process_capacity=processes)
