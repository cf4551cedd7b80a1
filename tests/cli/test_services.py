"""`runcast serve`, `worker` and `dev` as real processes: they find each other, stop gracefully, and say so to programs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

RUNCAST = [sys.executable, "-P", "-m", "runcast.cli.main"]
PATIENCE_S = 60

pytestmark = pytest.mark.slow

APP = """
import logging
import os
from runcast import task, wait

logging.getLogger("shop").warning("opened %s", "early")

@task
async def who() -> int:
    return os.getpid()

@task
async def patient() -> None:
    await wait.for_("1d")
"""


class Process:
    """A command that tells programs what it does, line by line; killed if it hangs."""

    def __init__(self, project: Path, *arguments: str, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RUNCAST_")}
        self._process = subprocess.Popen(
            [*RUNCAST, *arguments], cwd=project, env=clean | environment, stdout=subprocess.PIPE, text=True
        )
        self._watchdog = threading.Timer(PATIENCE_S, self._process.kill)
        self._watchdog.start()
        self._listener: threading.Thread | None = None
        self.pid = self._process.pid

    def next(self, event: str) -> dict[str, Any]:
        """The next line of that event."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            record: dict[str, Any] = json.loads(line)
            if record["event"] == event:
                return record
        raise AssertionError(f"it ended ({self._process.wait()}) before {event}")

    def read_on(self) -> None:
        """Let it say whatever else it says: with a full pipe it would stand still."""
        assert self._process.stdout is not None
        self._listener = threading.Thread(target=deque, args=(self._process.stdout, 0))
        self._listener.start()

    def wait(self) -> int:
        """How it ends by itself."""
        return self._process.wait(PATIENCE_S)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(PATIENCE_S)
        self._watchdog.cancel()
        if self._listener is not None:
            self._listener.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


Start = Callable[..., Process]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "app.py").write_text(APP)
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


def output_of(project: Path, task: str) -> object:
    """What a run of `task` returns, by the command line."""
    done = subprocess.run(
        [*RUNCAST, "trigger", task, "--follow", "--json"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    end: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    assert end["event"] == "end"
    return end["output"]


def test_a_server_without_code_and_a_worker_execute_runs(start: Start, project: Path) -> None:
    server = start("serve", "--json")
    assert server.next("ready")["tasks"] == []
    worker = start("worker", "jobs/app.py", "--json")
    assert worker.next("ready")["tasks"] == ["patient", "who"]
    assert output_of(project, "who") == worker.pid
    assert worker.stop() == 0
    assert server.stop() == 0


def test_a_worker_waits_for_its_server_and_outlives_it(start: Start, project: Path) -> None:
    worker = start("worker", "jobs/app.py", "--json")
    assert worker.next("waiting")
    server = start("serve", "--json", RUNCAST_LEASE="3s")  # the worker looks every half second
    server.next("ready")
    worker.next("ready")
    assert server.stop() == 0
    assert "the session with the engine is lost" in worker.next("log")["message"]
    again = start("serve", "--json")
    again.next("ready")
    worker.next("ready")
    assert output_of(project, "who") == worker.pid


def test_a_server_with_code_executes_it_itself(start: Start, project: Path) -> None:
    server = start("serve", "jobs/app.py", "--json")
    server.next("ready")
    assert output_of(project, "who") == server.pid


def test_a_server_starts_worker_processes(start: Start, project: Path) -> None:
    server = start("serve", "jobs/app.py", "--workers", "2", "--json")
    server.next("ready")
    assert output_of(project, "who") != server.pid
    assert server.stop() == 0


def test_dev_and_worker_need_no_argument_where_the_settings_name_the_app(start: Start, project: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.runcast]\nmodules = ["jobs.app"]\ndatabase = "var/x.db"\nworkers = 1\n'
    )
    ready = start("dev", "--json").next("ready")
    assert {task["name"] for task in ready["tasks"]} == {"patient", "who"}
    assert ready["database"] == "var/x.db"
    assert (project / "var" / "x.db").is_file()
    start("worker", "--json").next("ready")


def test_without_any_app_dev_says_how_to_name_one(project: Path) -> None:
    done = subprocess.run(
        [*RUNCAST, "dev"], cwd=project, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 2
    assert "no app: name a file or module" in done.stderr


def test_a_log_for_programs_is_json_only(start: Start, project: Path) -> None:
    server = start("serve", "jobs/app.py", "--log-format", "json")
    record = server.next("log")
    assert (record["logger"], record["level"], record["message"]) == ("shop", "warning", "opened early")
    server.next("ready")
    output_of(project, "who")
    assert server.next("run")["task"] == "who"


def test_a_supervisor_is_told_when_it_is_ready_and_when_it_stops(start: Start, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.settimeout(PATIENCE_S)
        supervisor.bind(str(tmp_path / "notify"))
        server = start("serve", "--json", NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert supervisor.recv(100) == b"READY=1"
        server.next("ready")
        server.stop()
        assert supervisor.recv(100) == b"STOPPING=1"


def test_a_stopped_worker_hands_back_what_waits_and_the_next_one_has_it(start: Start, project: Path) -> None:
    start("serve", "--json").next("ready")
    worker = start("worker", "jobs/app.py", "--json")
    worker.next("ready")
    subprocess.run([*RUNCAST, "trigger", "patient"], cwd=project, check=True, timeout=PATIENCE_S, capture_output=True)
    assert worker.stop(signal.SIGINT) == 0
    done = subprocess.run(
        [*RUNCAST, "runs", "show", "latest", "--json"], cwd=project, capture_output=True, text=True, check=True
    )
    run = json.loads(done.stdout)
    assert run["status"] in ("WAITING", "QUEUED")
    assert run["deaths"] == 0


def test_a_health_check_by_the_socket_fails_without_an_engine(start: Start, project: Path) -> None:
    environment = os.environ | {"RUNCAST_URL": f"unix://{project}/.runcast/runcast.db.sock"}
    check = [*RUNCAST, "tasks", "--json"]
    start("serve", "--json").next("ready")
    assert subprocess.run(check, env=environment, cwd=project, timeout=PATIENCE_S, check=False).returncode == 0
    (project / "elsewhere").mkdir()
    environment["RUNCAST_URL"] = f"unix://{project}/elsewhere/runcast.db.sock"
    assert subprocess.run(check, env=environment, cwd=project, timeout=PATIENCE_S, check=False).returncode == 4


def test_a_running_engine_prunes_for_whoever_asks_through_its_socket(start: Start, project: Path) -> None:
    start("serve", "jobs/app.py", "--json").next("ready")
    output_of(project, "who")
    prune = [*RUNCAST, "db", "prune", "--older-than", "0s", "--yes", "--json"]
    done = subprocess.run(prune, cwd=project, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert json.loads(done.stdout)["pruned"] == 1


@pytest.mark.parametrize("arguments", [["serve", "--log-format", "json"], ["serve"]])
def test_a_service_that_cannot_start_says_so_in_the_form_of_its_log(
    start: Start, project: Path, arguments: list[str]
) -> None:
    start("serve", "--json").next("ready")
    environment = os.environ | ({} if len(arguments) > 1 else {"RUNCAST_LOG_FORMAT": "json"})
    second = subprocess.run(
        [*RUNCAST, *arguments],
        env=environment,
        cwd=project,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert second.returncode == 4
    assert json.loads(second.stderr)["code"] == "database_locked"


@pytest.mark.parametrize("command", ["serve", "dev"])
def test_a_service_ends_when_its_database_is_deleted(start: Start, project: Path, command: str) -> None:
    service = start(command, "jobs/app.py", "--json")
    database = project / service.next("ready")["database"]
    database.unlink()
    record = service.next("log")
    while record["level"] != "critical":
        record = service.next("log")
    assert f"{database} was deleted" in record["message"]
    assert service.wait() == 4
