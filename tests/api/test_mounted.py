"""The API inside somebody else's application, below a path, on another loop than the engine's."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from runcast import AccessDenied, Client, Unavailable, embed, task
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


def test_each_place_has_settings_of_its_own(engine: Embedded) -> None:
    app = application(engine)
    app.mount("/public", engine.asgi())
    with served(app) as url:
        assert httpx2.get(f"{url}/runcast/api/v1/runs").status_code == 200
        assert httpx2.get(f"{url}/public/api/v1/runs").status_code == 401


def test_it_says_when_no_engine_is_started_and_goes_on_when_one_is() -> None:
    engine = embed(":memory:")
    with served(application(engine)) as url:
        body = {"payload": {"n": 1}}
        refused = httpx2.post(f"{url}/runcast/api/v1/tasks/mounted_double/trigger", json=body)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        for _ in range(2):
            with engine:
                assert httpx2.post(f"{url}/runcast/api/v1/tasks/mounted_double/trigger", json=body).status_code == 200


def test_programs_connect_through_it_and_are_told_when_it_ends() -> None:
    engine = embed(":memory:")
    with served(application(engine)) as url, Client(url=f"{url}/runcast") as client:
        for n in range(2):
            with engine:
                run = client.trigger("mounted_double", {"n": n}).result()
                assert [update.status for update in client.follow(run.id)][-1] == "COMPLETED"
                assert run.result().result() == 2 * n


def test_a_stranger_does_not_connect_and_a_sleeping_engine_says_so(engine: Embedded) -> None:
    app = FastAPI()
    app.mount("/public", engine.asgi())
    with served(app) as url:
        with pytest.raises(AccessDenied), Client(url=f"{url}/public", key="tr_dev_sk_nobody") as client:
            client.list().result()
        engine.stop()
        with pytest.raises(Unavailable, match="not started"), Client(url=f"{url}/public") as client:
            client.trigger("mounted_double", {"n": 1}).result()


def test_a_page_that_follows_is_let_go_when_the_engine_stops(engine: Embedded) -> None:
    with served(application(engine)) as url, httpx2.Client(timeout=20) as browser:
        with browser.stream("GET", f"{url}/runcast/api/v1/live?topics=runs") as answer:
            lines = answer.iter_lines()
            next(lines)
            engine.stop()
            deque(lines, maxlen=0)  # to its end
        assert browser.get(f"{url}/runcast/api/v1/runs").status_code == 503
