"""`runcast serve`: the engine as a service, with workers of its own or without."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from runcast import config
from runcast.cli import exits
from runcast.cli.command import Command, database_option
from runcast.cli.wiring import (
    app_argument,
    codec_option,
    concurrency_option,
    environment_option,
    http_option,
    listen_options,
    log_format_option,
    metrics_option,
    metrics_public_option,
    public_url_option,
    workers_option,
)
from runcast.domain.errors import InvalidInput
from runcast.settings import Settings

if TYPE_CHECKING:
    from runcast.socket_server.network import Listen

EXAMPLES = (
    ("runcast serve", "an engine alone; workers come with `runcast worker app.py`"),
    ("runcast serve app.py", "with a worker inside"),
    ("runcast serve app.py --metrics 127.0.0.1:9464", "with numbers for Prometheus"),
    (
        "RUNCAST_KEY=… runcast serve --listen tcp://10.0.0.5:8420",
        "for workers and programs on other machines, with a key",
    ),
    ("runcast serve app.py --workers 4 --log-format json", "four worker processes, watched and started again"),
)


@click.command(cls=Command, examples=EXAMPLES)
@app_argument
@workers_option
@concurrency_option
@public_url_option
@http_option
@environment_option
@codec_option
@listen_options
@metrics_option
@metrics_public_option
@log_format_option
@database_option
def serve(apps: Sequence[str], as_json: bool, **flags: object) -> int:
    """Run the engine as a service, and the tasks of APP (files or modules) if any are named.

    Programs of this user reach it through the socket beside the database, and with --listen those of other machines that
    have its key. SIGTERM stops it gracefully: attempts get
    `shutdown_grace` to finish, the rest is handed back unharmed and goes on with the next start.
    """
    from runcast.cli.host import Host, Plan

    found = config.load(flags | ({"log_format": "json"} if as_json else {}))
    if flags["workers"] and not apps:
        raise InvalidInput("--workers needs an app to execute: runcast serve app.py --workers N")
    if (flags["tls_cert"] or flags["tls_key"]) and not found.settings.listen:
        raise InvalidInput("a certificate is shown where --listen says: runcast serve --listen tls://HOST:PORT …")
    plan = Plan(
        settings=found.settings,
        apps=tuple(apps),
        home=found.home,
        reload=False,
        as_json=found.settings.log_format == "json",
        listen=_listen(found.settings),
    )
    asyncio.run(Host(plan).run())
    return exits.OK


def _listen(settings: Settings) -> Listen | None:
    """Where other machines may reach it, and who."""
    from runcast.domain.address import parse_address
    from runcast.socket_server.network import Listen

    if not settings.listen:
        return None
    return Listen(parse_address(settings.listen), settings.key, settings.tls_cert, settings.tls_key)
