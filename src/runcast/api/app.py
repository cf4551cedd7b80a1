"""Puts the API together: routes, who may call them, how errors look, what is documented."""

from __future__ import annotations

from functools import cache
from typing import Any

from litestar import Litestar, Request
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.types import ASGIApp

from runcast.api.app_routes import AppRoutes, app_routers, routes_of
from runcast.api.auth import authenticate, find_caller
from runcast.api.caller import Caller
from runcast.api.context import Api, belong_to, find_api
from runcast.api.cors import allow_origins
from runcast.api.documentation import documented
from runcast.api.errors import answer_error
from runcast.api.gateway_door import open_gateway
from runcast.api.mounted import ROOT, below_path
from runcast.api.request_id import number_requests
from runcast.api.routes import (
    about,
    alert_channels,
    answers,
    apps,
    attempts,
    auth,
    batches,
    bulk,
    details,
    env_vars,
    files,
    keys,
    limits,
    live,
    metadata,
    packets,
    people,
    projects,
    public_tokens,
    queues,
    reads,
    realtime,
    reports,
    results,
    run_actions,
    run_counts,
    runs,
    saved_views,
    schedules,
    streams,
    timelines,
    traces,
    trigger,
    waits,
)
from runcast.api.safe_headers import add_safe_headers
from runcast.dashboard import show_dashboard

BODY_BYTES_MAX = 12 * 1024 * 1024
"""Of a request that no route bounds otherwise: a payload of 8 MiB, escaped in JSON."""
ROUTES = [
    *about.ROUTES,
    *alert_channels.ROUTES,
    *apps.ROUTES,
    *batches.ROUTES,
    *bulk.ROUTES,
    *trigger.ROUTES,
    *runs.ROUTES,
    *run_actions.ROUTES,
    *run_counts.ROUTES,
    *saved_views.ROUTES,
    *metadata.ROUTES,
    *results.ROUTES,
    *traces.ROUTES,
    *timelines.ROUTES,
    *waits.ROUTES,
    *answers.ROUTES,
    *schedules.ROUTES,
    *queues.ROUTES,
    *realtime.ROUTES,
    *live.ROUTES,
    *streams.ROUTES,
    *limits.ROUTES,
    *details.ROUTES,
    *attempts.ROUTES,
    *reports.ROUTES,
    *reads.ROUTES,
    *packets.ROUTES,
    *auth.ROUTES,
    *keys.ROUTES,
    *people.ROUTES,
    *public_tokens.ROUTES,
    *projects.ROUTES,
    *env_vars.ROUTES,
    *files.ROUTES,
]
_TAKEN = frozenset(path.split("/")[1] for route in ROUTES for path in route.paths)


def make_app(api: Api) -> ASGIApp:
    """The ASGI app of an engine: its API, and the dashboard on every other path."""
    pages_and_api = show_dashboard(
        belong_to(api, _routed(routes_of(api.engine.extensions.installed))), _TAKEN, root=ROOT
    )
    app = number_requests(add_safe_headers(pages_and_api))
    return below_path(open_gateway(allow_origins(app), api))


@cache
def _routed(apps: tuple[AppRoutes, ...]) -> Litestar:
    """One for all engines of a process with these extensions: to read the signatures of all routes takes a tenth of a second."""
    return Litestar(
        [*ROUTES, *app_routers(apps, ROUTES)],
        guards=[authenticate],
        dependencies={
            "api": Provide(_api, sync_to_thread=False),
            "caller": Provide(_caller, sync_to_thread=False),
        },
        exception_handlers={Exception: answer_error},
        compression_config=CompressionConfig(backend="gzip", minimum_size=1_000, exclude_opt_key="streams"),
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=documented(),
        debug=False,
        logging_config=None,
    )


def _api(request: Request[Any, Any, Any]) -> Api:
    return find_api(request.scope)


def _caller(request: Request[Any, Any, Any], api: Api) -> Caller:  # noqa: ARG001 - after it: two at once cost a task group
    return find_caller(request.scope)
