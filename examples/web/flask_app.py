"""Flask: views trigger; a worker beside the web server does the work.

    runcast dev examples/web/reports.py --database .runcast/reports.db
    RUNCAST_DATABASE=.runcast/reports.db flask --app examples/web/flask_app.py run
    curl -X POST 'localhost:5000/reports?name=ada'
    curl -N localhost:5000/reports/RUN/events

When the worker is down, a trigger is written to the database all the same, and runs when it comes back.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, abort, request
from relay import HEADERS, relay_blocking, told
from reports import write_report

from runcast import Client, NotFound

app = Flask(__name__)


@app.post("/reports")
def create() -> tuple[dict[str, Any], int]:
    run = write_report.trigger(request.args["name"]).result()  # in blocking code a call has a `.result()`
    return {"id": run.id}, 202


@app.get("/reports/<run_id>")
def show(run_id: str) -> dict[str, Any]:
    try:
        return told(Client().retrieve(run_id).result())
    except NotFound:
        abort(404)


@app.get("/reports/<run_id>/events")
def events(run_id: str) -> Response:
    show(run_id)  # a stream has no status of its own
    lines = relay_blocking(run_id, request.headers.get("Last-Event-ID"))
    return Response(lines, mimetype="text/event-stream", headers=HEADERS)
