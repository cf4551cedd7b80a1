"""`runcast serve`, `worker` and `dev` on one PostgreSQL: real processes of which none is special."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_services import PATIENCE_S, RUNCAST, Process, Start

pytestmark = pytest.mark.slow

APP = """
import os
from runcast import task, wait

@task
async def who() -> int:
    return os.getpid()

@task
async def outside() -> str:
    # A body in a thread of its own choosing, as code that knows nothing of runs would.
    import threading
    ids = []
    thread = threading.Thread(target=lambda: ids.append(who.trigger().result().id))
    thread.start()
    thread.join()
    return ids[0]

@task
async def patient() -> bool:
    token = await wait.create_token(bool, timeout="1d")
    return await wait.for_token(token).unwrap()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.fixture
def start(project: Path, postgres: str) -> Iterator[Start]:
    started: list[Process] = []

    def run(*arguments: str, **environment: str) -> Process:
        started.append(Process(project, *arguments, **{"RUNCAST_DATABASE": postgres, **environment}))
        return started[-1]

    yield run
    for process in started:
        process.stop(signal.SIGKILL)


def said(project: Path, url: str, *arguments: str) -> list[dict[str, Any]]:
    """What a command tells programs."""
    done = subprocess.run(
        [*RUNCAST, *arguments, "--json", "--database", url],
        cwd=project,
        env={name: value for name, value in os.environ.items() if not name.startswith("RUNCAST_")},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def output_of(project: Path, url: str, task: str) -> Any:
    return said(project, url, "trigger", task, "--follow")[-1]["output"]


def test_a_worker_alone_is_an_engine_and_a_worker(start: Start, project: Path, postgres: str) -> None:
    worker = start("worker", "app.py", "--json")
    ready = worker.next("ready")
    assert ready["tasks"] == ["outside", "patient", "who"]
    assert "search_path" in ready["database"]
    assert output_of(project, postgres, "who") == worker.pid
    assert worker.stop() == 0


def test_workers_and_servers_share_the_work_and_the_rest_goes_on(start: Start, project: Path, postgres: str) -> None:
    server = start("serve", "--json")
    assert server.next("ready")["tasks"] == []
    first, second = start("worker", "app.py", "--json"), start("worker", "app.py", "--json")
    first.next("ready")
    second.next("ready")
    assert output_of(project, postgres, "who") in (first.pid, second.pid)
    assert server.stop() == 0
    assert first.stop() == 0
    assert output_of(project, postgres, "who") == second.pid


def test_a_waiting_run_goes_on_elsewhere_when_its_worker_is_killed(start: Start, project: Path, postgres: str) -> None:
    first = start("worker", "app.py", "--json", RUNCAST_LEASE="3s")
    first.next("ready")
    (triggered,) = said(project, postgres, "trigger", "patient")
    assert any(said(project, postgres, "waits", "list") for _ in range(60))
    first.stop(signal.SIGKILL)
    start("worker", "app.py", "--json", RUNCAST_LEASE="3s").next("ready")
    (found,) = said(project, postgres, "waits", "list")
    said(project, postgres, "waits", "complete", found["id"], "true")
    assert said(project, postgres, "watch", triggered["id"])[-1]["output"] is True


def test_dev_with_processes_gives_each_the_database(start: Start, project: Path, postgres: str) -> None:
    dev = start("dev", "app.py", "--no-reload", "--workers", "2", "--json")
    ready = dev.next("ready")
    assert ready["socket"] is None
    assert output_of(project, postgres, "who") != dev.pid
    assert dev.stop() == 0
    assert said(project, postgres, "runs", "list", "--status", "live") == []


def test_code_outside_of_a_run_triggers_into_the_same_database(start: Start, project: Path, postgres: str) -> None:
    start("dev", "app.py", "--no-reload", "--json").next("ready")
    run_id = output_of(project, postgres, "outside")
    assert said(project, postgres, "watch", run_id)[-1]["status"] == "COMPLETED"


def test_no_service_shows_a_password(start: Start, project: Path, postgres: str) -> None:
    url = postgres.replace("://postgres:@", "://postgres:hunter2secret@")
    assert "hunter2secret" in url
    for command in (("serve", "app.py", "--workers", "1"), ("worker", "app.py"), ("dev", "app.py", "--no-reload")):
        process = start(*command, "--json", RUNCAST_DATABASE=url, RUNCAST_LOG_LEVEL="debug")
        assert "***" in process.next("ready")["database"]
        shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert "hunter2secret" not in shown
        assert process.stop() == 0


def test_a_service_that_cannot_reach_its_database_says_why(start: Start, project: Path) -> None:
    for command in (("serve",), ("worker", "app.py"), ("dev", "app.py", "--no-reload")):
        done = subprocess.run(
            [*RUNCAST, *command, "--json", "--database", "postgresql://ada:hunter2secret@127.0.0.1:1/shop"],
            cwd=project,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        (line,) = done.stderr.splitlines()
        assert (done.returncode, json.loads(line)["code"]) == (4, "unavailable")
        assert "is the server running" in line
        assert "hunter2secret" not in line
