"""Runcast inside FastAPI, and beside Flask and Django: real servers, real HTTP, and a worker of its own where one belongs."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from runcast import Client
from tests.examples.servers import WEB, running, served


def ask(url: str, method: str = "GET", *, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, method=method, headers=headers), timeout=20) as answer:
        return json.load(answer)


RUNCAST = ["-m", "runcast.cli.main"]
INSIDE = ["fastapi", "django under asgi"]


@pytest.mark.parametrize("framework", INSIDE)
def test_a_framework_with_an_event_loop_executes_in_its_own_process_and_streams_changes(
    framework: str, tmp_path: Path
) -> None:
    with served(framework, tmp_path / "reports.db") as url:
        run_id = ask(f"{url}/reports?name=ada", "POST")["id"]
        with urllib.request.urlopen(f"{url}/reports/{run_id}/events", timeout=20) as events:
            told = [json.loads(line[6:]) for line in events.read().decode().splitlines() if line.startswith("data: ")]
        assert [run["ended"] for run in told] == [False] * (len(told) - 1) + [True]
        assert ask(f"{url}/reports/{run_id}")["output"] == "ada 0\nada 1\nada 2"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            ask(f"{url}/reports/run_01m7ymr9yeg8p5v7yy44a")


@pytest.mark.parametrize("framework", INSIDE)
def test_the_api_is_mounted_and_asks_for_a_key(framework: str, tmp_path: Path) -> None:
    database = tmp_path / "reports.db"
    with served(framework, database) as url, Client(database) as client:
        run_id = ask(f"{url}/reports?name=ada", "POST")["id"]
        token = client.create_public_token(f"read:runs:{run_id}").result()
        shown = f"{url}/runcast/api/v3/runs/{run_id}"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(shown)
        assert ask(shown, token=token)["taskIdentifier"] == "write_report"
        with running([*RUNCAST, "keys", "create", "other", "--json", "--database", str(database)], database) as made:
            assert made.stdout is not None
            key = json.loads(made.stdout.readline())["key"]
        with Client(url=f"{url}/runcast", key=key) as elsewhere:
            assert elsewhere.result(run_id, timeout=20).result() == "ada 0\nada 1\nada 2"


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


@pytest.mark.parametrize(
    ("guide", "examples"),
    [
        ("outbox", ["django_orders.py"]),
        ("web", ["relay.py", "fastapi_app.py", "django_asgi.py", "flask_app.py"]),
    ],
)
def test_the_guide_shows_what_the_examples_do(guide: str, examples: list[str]) -> None:
    text = (WEB.parents[1] / "docs" / "guides" / f"{guide}.md").read_text("utf-8")
    written = "\n".join((WEB / example).read_text("utf-8") for example in examples)
    shown = re.findall(r"^```py\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert shown
    assert all(block in written for block in shown)
