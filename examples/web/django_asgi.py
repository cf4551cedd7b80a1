"""Django under ASGI: engine, worker and the HTTP API live in the web process, and a page that is open takes no thread.

    uvicorn django_asgi:application --app-dir examples/web --lifespan on --timeout-graceful-shutdown 5
    curl -X POST 'localhost:8000/reports?name=ada'
    curl -N localhost:8000/reports/RUN/events

In your project this is `asgi.py`, and the view is among your others.
"""

from __future__ import annotations

import os
from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import path
from django.views.decorators.http import require_GET

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost", "127.0.0.1"])
    django.setup()

from django_app import create, show
from relay import HEADERS, relay

from runcast import Client, NotFound, embed


@require_GET
async def events(request: HttpRequest, run_id: str) -> StreamingHttpResponse:
    try:
        await Client().retrieve(run_id)  # a stream has no status of its own
    except NotFound as error:
        raise Http404(str(error)) from error
    lines = relay(run_id, request.headers.get("Last-Event-ID"))
    return StreamingHttpResponse(lines, content_type="text/event-stream", headers=HEADERS)


urlpatterns = [path("reports", create), path("reports/<run_id>", show), path("reports/<run_id>/events", events)]

engine = embed(os.environ.get("REPORTS_DATABASE", ".runcast/reports.db"))
pages = get_asgi_application()
api = engine.asgi(public_url="http://localhost:8000/runcast")


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["path"].startswith("/runcast/"):
        await api({**scope, "root_path": f"{scope.get('root_path', '')}/runcast"}, receive, send)
    else:
        await pages(scope, receive, send)


async def live(receive: Any, send: Any) -> None:
    await receive()
    async with engine:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
