"""The API inside somebody else's application, below a path, on another loop than the engine's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from runcast import embed, task
from runcast.embedded import Embedded


@task
async def mounted_double(n: int) -> int:
    return 2 * n


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of a server of the application, on a thread with a loop of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def engine() -> Iterator[Embedded]:
    engine = embed(":memory:")
    engine.start()
    yield engine
    engine.stop()


def application(engine: Embedded) -> FastAPI:
    app = FastAPI()
    app.mount("/runcast", engine.asgi(local=True))
    return app


def test_an_application_serves_the_api_below_a_path(engine: Embedded) -> None:
    with served(application(engine)) as url:
        made = httpx2.post(f"{url}/runcast/api/v1/tasks/mounted_double/trigger", json={"payload": {"n": 21}})
        assert made.status_code == 200, made.text
        assert httpx2.get(f"{url}/runcast/api/v3/runs/{made.json()['id']}").json()["taskIdentifier"] == "mounted_double"
        assert httpx2.get(f"{url}/api/v3/runs/{made.json()['id']}").status_code == 404


def test_it_says_when_no_engine_is_started_and_goes_on_when_one_is() -> None:
    engine = embed(":memory:")
    with served(application(engine)) as url:
        body = {"payload": {"n": 1}}
        refused = httpx2.post(f"{url}/runcast/api/v1/tasks/mounted_double/trigger", json=body)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        for _ in range(2):
            with engine:
                assert httpx2.post(f"{url}/runcast/api/v1/tasks/mounted_double/trigger", json=body).status_code == 200
