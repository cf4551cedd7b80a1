"""Runcast inside FastAPI, and beside Flask and Django: real servers, real HTTP, and a worker of its own where one belongs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runcast import Client

WEB = Path(__file__).parents[2] / "examples" / "web"
SERVERS = {
    "fastapi": """
import uvicorn, socket
from fastapi_app import app
door = socket.socket(); door.bind(("127.0.0.1", 0)); door.listen(); print(door.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on")).run(sockets=[door])
""",
    "flask": """
from werkzeug.serving import make_server
from flask_app import app
server = make_server("127.0.0.1", 0, app, threaded=True); print(server.port, flush=True); server.serve_forever()
""",
    "django": """
from wsgiref.simple_server import make_server
import django_app
from django.core.handlers.wsgi import WSGIHandler
server = make_server("127.0.0.1", 0, WSGIHandler()); print(server.server_port, flush=True); server.serve_forever()
""",
    "django with an outbox": """
from wsgiref.simple_server import make_server
import django_orders
django_orders.migrate()
from django.core.handlers.wsgi import WSGIHandler
server = make_server("127.0.0.1", 0, WSGIHandler()); print(server.server_port, flush=True); server.serve_forever()
""",
}


@contextmanager
def running(arguments: list[str], database: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in the folder of the examples, ended by id at the end."""
    environment = os.environ | {
        "RUNCAST_DATABASE": str(database),
        "REPORTS_DATABASE": str(database),
        "ORDERS_DATABASE": str(database.with_name("orders.db")),
        "RUNCAST_OUTBOX": str(database.with_name("orders.db")),
    }
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=WEB, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def served(framework: str, database: Path) -> Iterator[str]:
    """The address of a web server with the example's application."""
    with running(["-c", SERVERS[framework]], database) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


def ask(url: str, method: str = "GET") -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=20) as answer:
        return json.load(answer)


def test_fastapi_executes_in_its_own_process_and_streams_changes(tmp_path: Path) -> None:
    with served("fastapi", tmp_path / "reports.db") as url:
        run_id = ask(f"{url}/reports?name=ada", "POST")["id"]
        with urllib.request.urlopen(f"{url}/reports/{run_id}/events", timeout=20) as events:
            lines = events.read().decode().splitlines()
        assert "event: COMPLETED" in lines
        assert ask(f"{url}/reports/{run_id}")["output"] == "ada 0\nada 1\nada 2"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            ask(f"{url}/reports/run_01m7ymr9yeg8p5v7yy44a")


@pytest.mark.parametrize(("framework", "app"), [("flask", "reports.py"), ("django", "django_app.py")])
def test_a_blocking_framework_triggers_and_a_worker_beside_it_executes(
    framework: str, app: str, tmp_path: Path
) -> None:
    database = tmp_path / "reports.db"
    with served(framework, database) as url:
        run_id = ask(f"{url}/reports?name=ada", "POST")["id"]
        assert ask(f"{url}/reports/{run_id}")["status"] == "PENDING_VERSION", "no worker has told of the task yet"
        with running(["-m", "runcast.cli.main", "dev", app, "--no-reload", "--database", str(database)], database):
            with Client(database) as client:
                assert client.result(run_id, timeout=20).result() == "ada 0\nada 1\nada 2"
            assert ask(f"{url}/reports/{run_id}")["progress"] == 100
        with pytest.raises(urllib.error.HTTPError, match="404"):
            ask(f"{url}/reports/run_01m7ymr9yeg8p5v7yy44a")


def test_django_writes_an_order_and_its_run_in_one_transaction(tmp_path: Path) -> None:
    database = tmp_path / "reports.db"
    with served("django with an outbox", database) as url:
        run_id = ask(f"{url}/orders?name=ada", "POST")["id"]
        with pytest.raises(urllib.error.HTTPError, match="500"):
            ask(f"{url}/orders?name=ada", "POST")  # the name is taken
        arguments = ["-m", "runcast.cli.main", "dev", "reports.py", "--no-reload", "--database", str(database)]
        with running(arguments, database), Client(database) as client:
            until = time.monotonic() + 20
            while not (runs := client.list().result().runs) and time.monotonic() < until:
                pass
            assert client.result(run_id, timeout=20).result() == "ada 0\nada 1\nada 2"
            assert [run.id for run in runs] == [run_id]


def test_the_guide_shows_what_the_example_does() -> None:
    guide = (WEB.parents[1] / "docs" / "guides" / "outbox.md").read_text("utf-8")
    example = (WEB / "django_orders.py").read_text("utf-8")
    shown = re.findall(r"^```py\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    assert shown
    assert all(block in example for block in shown)
