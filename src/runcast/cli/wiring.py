"""The options that several commands share, and which apps they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from runcast.config import Config
from runcast.domain.errors import InvalidInput

F = TypeVar("F", bound=Callable[..., Any])

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
environment_option = click.option(
    "--environment",
    "-e",
    metavar="NAME",
    help="Where it triggers and executes: dev, staging, prod, preview  [default: dev]",
)
codec_option = click.option(
    "--codec", metavar="MODULE:OBJECT", help="Encrypts payloads, outputs and journals in this process."
)
log_format_option = click.option(
    "--log-format", type=click.Choice(["pretty", "json"]), help="Lines for people, or JSON lines; --json is the same."
)


http_option = click.option(
    "--http", metavar="HOST:PORT", help="Serve the HTTP API there, or `off`. Else the first free port from 8787 on."
)
metrics_option = click.option(
    "--metrics", metavar="HOST:PORT", help="Serve /metrics (Prometheus) and /healthz there, such as 127.0.0.1:9464."
)
metrics_public_option = click.option(
    "--metrics-public",
    is_flag=True,
    default=None,
    help="HOST may be an address that other machines reach: everyone there can read it.",
)
key_option = click.option(
    "--key",
    multiple=True,
    metavar="KEY",
    callback=lambda _context, _parameter, keys: keys or None,
    help="What admits to an engine at tcp://, tls:// or https://. Better RUNCAST_KEY: the system shows arguments to everybody.",
)
tls_ca_option = click.option(
    "--tls-ca",
    metavar="FILE",
    help="PEM file of the authorities to trust at tls:// and https://, instead of the machine's.",
)


def listen_options(command: F) -> F:
    """Where a server listens to other machines, and what it needs for that."""
    cert = click.option("--tls-cert", metavar="FILE", help="PEM file with the certificate; --listen then speaks TLS.")
    private = click.option("--tls-key", metavar="FILE", help="PEM file with its private key.")
    listen = click.option(
        "--listen", metavar="URL", help="Serve other machines too, at tcp://HOST:PORT; needs a key beyond 127.0.0.1."
    )
    return listen(key_option(cert(private(command))))


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
