"""Django: views trigger; a worker beside the web server does the work, with the same settings and models.

    runcast dev examples/web/django_app.py --database .runcast/reports.db
    RUNCAST_DATABASE=.runcast/reports.db python examples/web/django_app.py runserver
    curl -X POST 'localhost:8000/reports?name=ada'
    curl -N localhost:8000/reports/RUN/events

One file stands for a project: in yours, the app that `runcast dev` loads begins with `django.setup()` and imports the
tasks of your apps.
"""

from __future__ import annotations

import sys

import django
from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost", "127.0.0.1"])
    django.setup()

from relay import HEADERS, relay_blocking, told
from reports import write_report

from runcast import Client, NotFound


@csrf_exempt
@require_POST
def create(request: HttpRequest) -> JsonResponse:
    run = write_report.trigger(request.GET["name"]).result()  # in blocking code a call has a `.result()`
    return JsonResponse({"id": run.id}, status=202)


@require_GET
def show(_: HttpRequest, run_id: str) -> JsonResponse:
    try:
        return JsonResponse(told(Client().retrieve(run_id).result()))
    except NotFound as error:
        raise Http404(str(error)) from error


@require_GET
def events(request: HttpRequest, run_id: str) -> StreamingHttpResponse:
    show(request, run_id)  # a stream has no status of its own
    lines = relay_blocking(run_id, request.headers.get("Last-Event-ID"))
    return StreamingHttpResponse(lines, content_type="text/event-stream", headers=HEADERS)


urlpatterns = [path("reports", create), path("reports/<run_id>", show), path("reports/<run_id>/events", events)]

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
