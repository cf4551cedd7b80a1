"""Web servers with the applications of the examples, each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WEB = Path(__file__).parents[2] / "examples" / "web"
SERVERS = {
    "fastapi": """
import uvicorn, socket
from fastapi_app import app
door = socket.socket(); door.bind(("127.0.0.1", 0)); door.listen(); print(door.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan=LIFESPAN)).run(sockets=[door])
""",
    "django under asgi": """
import uvicorn, socket
from django_asgi import application
door = socket.socket(); door.bind(("127.0.0.1", 0)); door.listen(); print(door.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan=LIFESPAN)).run(sockets=[door])
""",
    "flask": """
from werkzeug.serving import make_server
from flask_app import app
server = make_server("127.0.0.1", 0, app, threaded=True); print(server.port, flush=True); server.serve_forever()
""",
    "django": """
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
import django_app
from django.core.handlers.wsgi import WSGIHandler
server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler); server.set_app(WSGIHandler()); print(server.server_port, flush=True); server.serve_forever()
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
def served(framework: str, database: Path, before: str = "") -> Iterator[str]:
    """The address of a web server with the example's application; `before` is executed there first."""
    with running(["-c", f'LIFESPAN = "on"\n{before}{SERVERS[framework]}'], database) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
