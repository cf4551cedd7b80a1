"""The table of settings: what each is, its default, and how it is said in files, variables and flags."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Meta

from runcast.domain import limits
from runcast.domain.durations import duration_text
from runcast.domain.masked import MASK, masked

DEFAULT_DATABASE = ".runcast/runcast.db"
PREFIX = "RUNCAST_"
OTHER_VARIABLES = {
    "RUNCAST_CONFIG": "A configuration file to use instead of the one that is found.",
    "RUNCAST_DEBUG": "If set, every error of the command line shows its traceback.",
}
"""Variables that are no settings."""

_DURATION = {"kind": "duration"}
_PATH = {"kind": "path"}


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=lambda name: name.removesuffix("_ms")):
    """What can be configured. `load` reads them; durations are written as `"10s"`, and kept in milliseconds."""

    app: Annotated[str, Meta(description="File or module with the tasks.", extra=_PATH)] = ""
    modules: Annotated[tuple[str, ...], Meta(description="More modules or files with tasks.")] = ()
    extensions: Annotated[
        tuple[str, ...],
        Meta(description="Extensions to install, as module:object, beside those of installed packages."),
    ] = ()
    codec: Annotated[
        str,
        Meta(
            description="What encrypts payloads, outputs and journals in this process, as module:object.",
            extra={"flag": "--codec"},
        ),
    ] = ""
    database: Annotated[
        str,
        Meta(
            description="The database: a file, whose owner is reached through the socket beside it, or "
            "`postgresql://user@host/name`, which any number of processes open.",
            extra=_PATH | {"flag": "--database"},
        ),
    ] = DEFAULT_DATABASE
    database_direct: Annotated[
        str,
        Meta(
            description="The PostgreSQL's address without a pooler, if `database` leads through one (PgBouncer): for the "
            "one connection of a process that listens."
        ),
    ] = ""
    blobs: Annotated[
        str,
        Meta(
            description="Where artifacts over 128 KiB go, `file:///path` or `s3://bucket/prefix`; without it they stay in "
            "the database. All servers of a database need the same."
        ),
    ] = ""
    url: Annotated[
        str,
        Meta(
            description="A running engine, `unix:///path`, `tcp://host:port`, `tls://host:port` or `https://host` (several with commas): "
            "then the database is not looked for.",
            extra={"flag": "--url"},
        ),
    ] = ""
    listen: Annotated[
        str,
        Meta(
            description="Where `serve` answers other machines too: `tcp://host:port`, or `tls://host:port`.",
            extra={"flag": "--listen"},
        ),
    ] = ""
    key: Annotated[
        tuple[str, ...],
        Meta(
            description="What admits to an engine at `tcp://`, `tls://` or `https://`. A server takes any of several; the first is shown.",
            extra={"flag": "--key", "secret": True},
        ),
    ] = ()
    tls_cert: Annotated[
        str,
        Meta(description="PEM file with the certificate that `listen` shows.", extra=_PATH | {"flag": "--tls-cert"}),
    ] = ""
    tls_key: Annotated[
        str, Meta(description="PEM file with the private key of `tls_cert`.", extra=_PATH | {"flag": "--tls-key"})
    ] = ""
    tls_ca: Annotated[
        str,
        Meta(
            description="PEM file with the authorities to trust at `tls://` and `https://`, instead of the machine's.",
            extra=_PATH | {"flag": "--tls-ca"},
        ),
    ] = ""
    outbox: Annotated[
        tuple[str, ...],
        Meta(
            description="Your databases with a `runcast_outbox`, whose rows the engine carries out: "
            "`sqlite:///app.db`, `postgresql://user@host/name`."
        ),
    ] = ()
    public_url: Annotated[
        str,
        Meta(
            description="Where people reach the pages of runs and approvals. Without it `run.url` is a command.",
            extra={"flag": "--public-url"},
        ),
    ] = ""
    http: Annotated[
        str,
        Meta(
            description="Where `serve` and `dev` answer HTTP, `host:port` or `off`; else on a free port from 8787 on.",
            extra={"flag": "--http"},
        ),
    ] = ""
    http_hosts: Annotated[
        tuple[str, ...],
        Meta(
            description="Names in `Host` that the HTTP API answers to; none: this machine's, and that of `public_url`.",
        ),
    ] = ()
    http_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Proxies on other machines that say from where a request comes (`X-Forwarded-For`): addresses and networks.",
        ),
    ] = ()
    environment: Annotated[
        str,
        Meta(
            description="Where programs trigger and workers execute: `dev`, `staging`, `prod`, `preview`; of another "
            "project `shop/dev` and so on.",
            extra={"flag": "--environment"},
        ),
    ] = "dev"
    secret: Annotated[
        str,
        Meta(
            description="What signs tokens and encrypts environment variables, 32 characters or more. Without it one is made "
            "and kept in the database.",
            extra={"secret": True},
        ),
    ] = ""
    smtp_url: Annotated[
        str,
        Meta(
            description="The mail server of alerts: `smtp://user:password@host:587` (STARTTLS), `smtps://…`, or "
            "`smtp://host?tls=none`."
        ),
    ] = ""
    smtp_from: Annotated[str, Meta(description="The address that letters are from.")] = ""
    outgoing_private: Annotated[
        tuple[str, ...],
        Meta(
            description="Hosts (`hooks.internal`, `*.corp.example`) and networks (`10.1.0.0/16`) beside the public "
            "internet that webhooks may reach."
        ),
    ] = ()
    metrics: Annotated[
        str,
        Meta(
            description="Where `serve` and `dev` tell `/metrics` (Prometheus) and `/healthz`, such as 127.0.0.1:9464.",
            extra={"flag": "--metrics"},
        ),
    ] = ""
    metrics_public: Annotated[
        bool,
        Meta(
            description="`metrics` may be an address that other machines reach: everyone there can read it.",
            extra={"flag": "--metrics-public"},
        ),
    ] = False
    workers: Annotated[
        int, Meta(ge=0, le=256, description="Worker processes; 0: one inside.", extra={"flag": "--workers"})
    ] = 0
    concurrency: Annotated[
        Annotated[int, Meta(ge=1, le=100_000)] | None,
        Meta(description="Runs that one worker executes at once.", extra={"flag": "--concurrency"}),
    ] = None
    labels: Annotated[
        tuple[str, ...],
        Meta(description="Machines that a worker serves; none: every one.", extra={"flag": "--labels"}),
    ] = ()
    reload: Annotated[
        bool, Meta(description="`dev` restarts when a .py file changes.", extra={"flag": "--no-reload"})
    ] = True
    dask: Annotated[str, Meta(description="The scheduler of steps with `on='dask'`, such as tcp://host:8786.")] = ""
    ray: Annotated[str, Meta(description="The cluster of steps with `on='ray'`: host:6379, or ray://host:10001.")] = ""
    offload_processes: Annotated[
        Annotated[int, Meta(ge=1, le=1_024)] | None,
        Meta(description="Processes for steps with `on='process'` in one worker; otherwise one for each core."),
    ] = None
    log_format: Annotated[
        Literal["pretty", "json"],
        Meta(description="Lines for people, or JSON lines for programs.", extra={"flag": "--log-format"}),
    ] = "pretty"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="What Python's `logging` lets through.")
    ] = "warning"
    shutdown_grace_ms: Annotated[
        int, Meta(description="What attempts get to finish when a worker stops.", extra=_DURATION)
    ] = limits.SHUTDOWN_GRACE_MS
    evict_after_ms: Annotated[
        int, Meta(description="How long a waiting coroutine stays in memory; 0: not at all.", extra=_DURATION)
    ] = limits.EVICT_AFTER_MS
    lease_ms: Annotated[
        int,
        Meta(
            description="After this long without a sign of life a worker process's runs are taken from it. "
            "It gives one six times as often.",
            extra=_DURATION,
        ),
    ] = limits.LEASE_MS
    retention_ms: Annotated[
        int, Meta(description="Finished root runs go after this, with everything below them.", extra=_DURATION)
    ] = limits.RETENTION_MS
    retention_failed_ms: Annotated[
        int,
        Meta(description="The same for those that failed, crashed or timed out; 0: like the others.", extra=_DURATION),
    ] = 0
    ttl_ms: Annotated[
        int,
        Meta(
            description="A run that has not started by then expires, unless its task or trigger says otherwise; 0: never.",
            extra=_DURATION,
        ),
    ] = 0

    def __repr__(self) -> str:
        """Without keys."""
        shown = (f"{setting.name}={setting.show(getattr(self, setting.attribute))!r}" for setting in all_settings())
        return f"Settings({', '.join(shown)})"

    @property
    def shown_key(self) -> str:
        """What a client shows an engine."""
        return (*self.key, "")[0]

    @property
    def apps(self) -> tuple[str, ...]:
        """`app` and `modules`."""
        return (self.app, *self.modules) if self.app else self.modules


class Setting(NamedTuple):
    """One of `Settings`, for pages and tables."""

    name: str
    """As it is written in a file."""
    attribute: str
    kind: str
    """`text`, `path`, `list`, `duration`, `whole number`, `true or false`, or the words it may be."""
    default: Any
    description: str
    flag: str
    type: Any
    is_secret: bool

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()

    def show(self, value: Any) -> Any:
        """A value as a file would say it, without passwords and keys."""
        if self.is_secret:
            return [MASK] * len(value) if isinstance(value, tuple) else MASK if value else ""
        if self.kind == "duration":
            return duration_text(value)
        if isinstance(value, tuple):
            return [masked(one) for one in value]
        return masked(value) if isinstance(value, str) else value


@lru_cache(maxsize=1)
def all_settings() -> tuple[Setting, ...]:
    """Every setting, in the order of pages and tables."""
    return tuple(_describe(field) for field in msgspec.structs.fields(Settings))


def _describe(field: msgspec.structs.FieldInfo) -> Setting:
    plain, *metas = get_args(field.type)
    extra = metas[0].extra or {}
    kind = extra.get("kind") or _kind(plain)
    return Setting(
        name=field.encode_name,
        attribute=field.name,
        kind=kind,
        default=field.default,
        description=metas[0].description,
        flag=extra.get("flag", ""),
        type=field.type,
        is_secret=extra.get("secret", False),
    )


def _kind(plain: Any) -> str:
    if get_origin(plain) is Literal:
        return " or ".join(get_args(plain))
    if get_origin(plain) is tuple:
        return "list"
    return {str: "text", bool: "true or false"}.get(plain, "whole number")
