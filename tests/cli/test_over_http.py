"""A worker and commands that reach the engine through the port of its HTTP API, as processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
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
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.fixture
def start(project: Path) -> Iterator[Start]:
    started: list[Process] = []

    def run(*arguments: str, **environment: str) -> Process:
        started.append(Process(project, *arguments, **environment))
        return started[-1]

    yield run
    for process in started:
        process.stop(signal.SIGKILL)


def said(project: Path, *arguments: str, **environment: str) -> tuple[int, list[dict[str, Any]], str]:
    """How a command ends: code, what it tells programs, and people."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RUNCAST_")}
    done = subprocess.run(
        [*RUNCAST, *arguments, "--json"], cwd=project, env=clean | environment,
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def key_of(project: Path, role: str) -> str:
    code, (record,), reason = said(project, "keys", "create", role, "--environment", "prod", "--role", role)
    assert code == 0, reason
    return str(record["key"])


def free_address() -> str:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_a_worker_and_commands_work_through_the_port_of_the_api(start: Start, project: Path) -> None:
    address = free_address()
    server = start("serve", "--http", address, "--json")
    server.next("ready")
    url = f"http://{address}"
    for_workers, for_programs = key_of(project, "worker"), key_of(project, "operator")
    worker = start("worker", "app.py", "--json", RUNCAST_URL=url, RUNCAST_KEY=for_workers)
    assert worker.next("ready")["socket"] == url
    place = {"RUNCAST_URL": url, "RUNCAST_KEY": for_programs}
    assert said(project, "trigger", "who", "--follow", **place)[1][-1]["output"] == worker.pid
    _, ended, _ = said(project, "trigger", "outside", "--follow", **place)
    _, listed, _ = said(project, "runs", "list", **place)
    assert {run["environment"] for run in listed} == {"prod"}
    assert ended[-1]["output"] in {run["id"] for run in listed}

    # The server goes, and another comes: the worker finds it.
    assert server.stop() == 0
    start("serve", "--http", address, "--json").next("ready")
    assert said(project, "trigger", "who", "--follow", **place)[1][-1]["output"] == worker.pid
    assert worker.stop() == 0

    code, _, reason = said(project, "worker", "app.py", **place)
    assert (code, "role worker" in reason) == (4, True)
