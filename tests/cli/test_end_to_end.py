"""The command line as people use it: real processes, from `init` to a kill in the middle."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

RUNCAST = [sys.executable, "-P", "-m", "runcast.cli.main"]
PATIENCE_S = 30

pytestmark = pytest.mark.slow

pytestmark = pytest.mark.slow

APP = """
import asyncio
from pathlib import Path
from runcast import logger, progress, step, streams, task, wait

@step
async def note(text: str) -> str:
    with Path("ledger.txt").open("a") as ledger:
        ledger.write(text + "\\n")
    return text

@task
async def add(a: int, b: int) -> int:
    logger.info("adding")
    progress(50, "Adding")
    streams.append("words", "one ")
    streams.append("words", "two")
    return a + b

@task
async def fail() -> None:
    raise ValueError("no luck")

fail.retry = fail.retry.__class__(max_attempts=1)

@task
async def parent(count: int) -> int:
    sums = await asyncio.gather(*(add.trigger_and_wait(number, 1) for number in range(count)))
    return sum(result.output for result in sums)

@task
async def patient() -> str:
    await note("before")
    token = await wait.create_token(bool, timeout="1d")
    approved = await wait.for_token(token).unwrap()
    await note("after")
    return "yes" if approved else "no"
"""


def runcast(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUNCAST_")}
    return subprocess.run(
        [*RUNCAST, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def records(said: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert said.stderr == ""
    return [json.loads(line) for line in said.stdout.splitlines()]


class Dev:
    """A running `runcast dev`. What it prints is read line by line, so nothing here waits by the clock.

    If it hangs it is killed, and whoever reads is told that it ended.
    """

    def __init__(self, project: Path, *arguments: str) -> None:
        command = [*RUNCAST, "dev", "app.py", "--json", *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RUNCAST_")}
        self._process = subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True)
        self._watchdog = threading.Timer(PATIENCE_S, self._process.kill)
        self._watchdog.start()
        self.ready = self.next("ready")

    def next(self, event: str, **fields: object) -> dict[str, Any]:
        """The next line of that event with those fields."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            record: dict[str, Any] = json.loads(line)
            if record["event"] == event and all(record[name] == value for name, value in fields.items()):
                return record
        raise AssertionError(f"dev ended ({self._process.wait()}) before {event} {fields}")

    def interrupt(self) -> None:
        """Ctrl-C, and wait until it was heard: what is said on stderr comes before the grace."""
        self._process.send_signal(signal.SIGINT)
        self.next("stopping")

    def end(self) -> int:
        """The exit code with which it ends by itself."""
        assert self._process.stdout is not None
        self._process.stdout.read()
        return self._process.wait(PATIENCE_S)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(PATIENCE_S)
        self._watchdog.cancel()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.fixture
def start(project: Path) -> Iterator[Callable[..., Dev]]:
    started: list[Dev] = []

    def start_dev(*arguments: str) -> Dev:
        started.append(Dev(project, *arguments))
        return started[-1]

    yield start_dev
    for dev in started:
        dev.stop(signal.SIGKILL)


def test_a_starter_project_runs(tmp_path: Path) -> None:
    assert runcast("init", "shop", cwd=tmp_path).returncode == 0
    dev = Dev(tmp_path / "shop", "--no-reload")
    try:
        assert {task["name"] for task in dev.ready["tasks"]} == {"hello", "summarize", "research", "publish"}
        said = runcast("trigger", "hello", '{"name": "Ada"}', "--follow", cwd=tmp_path / "shop")
        assert said.returncode == 0
        assert "Hello, Ada!" in said.stdout
        said = runcast("trigger", "publish", '{"text": "Hi"}', "--json", cwd=tmp_path / "shop")
        dev_says = dev.next("run", task="hello")
        assert dev_says["status"] == "COMPLETED"
    finally:
        assert dev.stop() == 0


def test_trigger_and_follow_shows_everything_and_ends_with_the_run(project: Path, start: Callable[..., Dev]) -> None:
    start("--no-reload")
    events = records(runcast("trigger", "add", '{"a": 1, "b": 2}', "--follow", "--json", cwd=project))
    assert {event["event"] for event in events} == {"triggered", "run", "log", "part", "end"}
    assert events[-1]["output"] == 3
    assert [event["value"] for event in events if event["event"] == "part"] == ["one ", "two"]
    people = runcast("trigger", "add", '{"a": 1, "b": 2}', "--follow", cwd=project)
    assert "words│ one two" in people.stdout
    assert "adding" in people.stdout
    assert "\x1b" not in people.stdout


def test_a_failed_run_ends_the_watch_with_1_and_says_how_to_go_on(project: Path, start: Callable[..., Dev]) -> None:
    start("--no-reload")
    said = runcast("trigger", "fail", "--follow", cwd=project)
    assert said.returncode == 1
    assert "ValueError: no luck" in said.stdout
    assert "runcast runs resume" in said.stdout


def test_a_wait_is_completed_from_the_command_line(project: Path, start: Callable[..., Dev]) -> None:
    dev = start("--no-reload")
    runcast("trigger", "patient", cwd=project)
    dev.next("run", task="patient", status="WAITING")
    (wait,) = records(runcast("waits", "list", "--json", cwd=project))
    assert runcast("waits", "complete", wait["id"], "true", cwd=project).returncode == 0
    assert records(runcast("watch", "latest", "--json", cwd=project))[-1]["output"] == "yes"


def test_a_canceled_run_is_resumed_without_repeating_its_steps(project: Path, start: Callable[..., Dev]) -> None:
    dev = start("--no-reload")
    runcast("trigger", "patient", cwd=project)
    dev.next("run", task="patient", status="WAITING")
    assert runcast("runs", "cancel", "latest", cwd=project).returncode == 0
    assert runcast("watch", "latest", cwd=project).returncode == 1
    assert runcast("runs", "resume", "latest", cwd=project).returncode == 0
    dev.next("run", task="patient", status="WAITING")
    (wait,) = records(runcast("waits", "list", "--json", cwd=project))
    runcast("waits", "complete", wait["id"], "false", cwd=project)
    assert records(runcast("watch", "latest", "--json", cwd=project))[-1]["output"] == "no"
    assert (project / "ledger.txt").read_text() == "before\nafter\n"


def test_a_killed_dev_goes_on_where_it_was(project: Path, start: Callable[..., Dev]) -> None:
    first = start("--no-reload")
    runcast("trigger", "patient", cwd=project)
    first.next("run", task="patient", status="WAITING")
    first.stop(signal.SIGKILL)
    (wait,) = records(runcast("waits", "list", "--json", cwd=project))
    assert runcast("waits", "complete", wait["id"], "true", cwd=project).returncode == 0
    start("--no-reload")
    assert records(runcast("watch", "latest", "--json", cwd=project))[-1]["output"] == "yes"
    assert (project / "ledger.txt").read_text() == "before\nafter\n"
    assert runcast("doctor", cwd=project).returncode == 0


def test_watch_survives_a_restart_of_the_engine(project: Path, start: Callable[..., Dev]) -> None:
    first = start("--no-reload")
    run_id = runcast("trigger", "patient", cwd=project).stdout.strip()
    first.next("run", task="patient", status="WAITING")
    watching = subprocess.Popen([*RUNCAST, "watch", run_id, "--json"], cwd=project, stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline())["id"] == run_id
    first.stop(signal.SIGKILL)
    start("--no-reload")
    (wait,) = records(runcast("waits", "list", "--json", cwd=project))
    runcast("waits", "complete", wait["id"], "true", cwd=project)
    *_, last = watching.stdout
    assert json.loads(last)["output"] == "yes"
    assert watching.wait(PATIENCE_S) == 0
    watching.stdout.close()


def test_a_saved_file_restarts_dev_with_the_new_code(project: Path, start: Callable[..., Dev]) -> None:
    dev = start()
    (project / "app.py").write_text(APP.replace("return a + b", "return 100"))
    assert dev.next("ready")
    assert (
        records(runcast("trigger", "add", '{"a": 1, "b": 2}', "--follow", "--json", cwd=project))[-1]["output"] == 100
    )


def test_an_app_that_breaks_while_it_is_edited_comes_back_when_it_is_repaired(
    project: Path, start: Callable[..., Dev]
) -> None:
    dev = start()
    (project / "app.py").write_text("def broken(:\n")
    assert dev.next("ready")["tasks"] == []
    (project / "app.py").write_text(APP + APP.replace("async def", "async  def"))
    assert dev.next("ready")["tasks"] == []
    (project / "app.py").write_text(APP)
    assert len(dev.next("ready")["tasks"]) == 4


@pytest.mark.parametrize(
    ("app", "text", "says"),
    [
        ("app.py", "import nothing_like_this\n", "No module named 'nothing_like_this'"),
        ("app.py", "def broken(:\n", "SyntaxError"),
        ("missing.py", "", "there is no such file"),
    ],
)
def test_an_app_that_cannot_be_imported_is_refused_without_our_own_frames(
    tmp_path: Path, app: str, text: str, says: str
) -> None:
    (tmp_path / "app.py").write_text(text)
    said = runcast("dev", app, "--no-reload", cwd=tmp_path)
    assert said.returncode == 2
    assert says in said.stderr
    assert "runcast/cli" not in said.stderr


def test_a_second_engine_on_the_same_file_is_refused(project: Path, start: Callable[..., Dev]) -> None:
    start("--no-reload")
    said = runcast("dev", "app.py", "--no-reload", cwd=project)
    assert said.returncode == 4
    assert "in use by another engine" in said.stderr


def test_dev_does_not_go_on_with_a_database_that_was_deleted(project: Path, start: Callable[..., Dev]) -> None:
    dev = start("--no-reload")
    shutil.rmtree(project / ".runcast")
    assert dev.end() == 4


def test_worker_processes_share_the_work_and_stop_with_dev(project: Path, start: Callable[..., Dev]) -> None:
    dev = start("--no-reload", "--workers", "2")
    said = runcast("trigger", "parent", '{"count": 50}', "--follow", "--json", cwd=project)
    assert records(said)[-1]["output"] == sum(range(50)) + 50
    assert dev.stop() == 0


def test_a_worker_process_that_dies_is_replaced_and_its_run_goes_on(project: Path, start: Callable[..., Dev]) -> None:
    deadly = """
@task
async def deadly() -> str:
    await note("before")
    if not Path("died.txt").exists():
        Path("died.txt").touch()
        os.kill(os.getpid(), 9)
    await note("after")
    return "survived"
"""
    (project / "app.py").write_text("import os\n" + APP + deadly)
    start("--no-reload", "--workers", "2")
    said = runcast("trigger", "deadly", "--follow", "--json", cwd=project)
    assert records(said)[-1]["output"] == "survived"
    assert (project / "ledger.txt").read_text() == "before\nafter\n"


def test_what_an_app_prints_does_not_stand_between_lines_of_json(project: Path, start: Callable[..., Dev]) -> None:
    (project / "app.py").write_text("print('loading')\n" + APP.replace("return a + b", "print('adding'); return a + b"))
    dev = start("--no-reload")
    runcast("trigger", "add", '{"a": 1, "b": 2}', cwd=project)
    assert dev.next("run", task="add")["output"] == 3


def test_text_and_json_survive_a_terminal_without_unicode(project: Path, start: Callable[..., Dev]) -> None:
    start("--no-reload")
    environment = {"PYTHONIOENCODING": "ascii", "PATH": os.environ["PATH"]}
    run = [*RUNCAST, "trigger", "add", '{"a": 1, "b": 2}', "--tag", "café", "--follow"]
    people = subprocess.run(run, cwd=project, env=environment, capture_output=True, timeout=PATIENCE_S, check=True)
    assert b"+ Completed" in people.stdout
    listed = [*RUNCAST, "runs", "list", "--json"]
    program = subprocess.run(listed, cwd=project, env=environment, capture_output=True, timeout=PATIENCE_S, check=True)
    assert json.loads(program.stdout)["tags"] == ["café"]


def on_terminal(
    *arguments: str, cwd: Path, on_text: tuple[str, signal.Signals] | None = None, **more: str
) -> tuple[int, str]:
    """Run a command on a terminal of 100 by 30; send a signal once a text has appeared."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", **more}
    process = subprocess.Popen(
        [*RUNCAST, *arguments], cwd=cwd, env=environment, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    watchdog = threading.Timer(PATIENCE_S, process.kill)
    watchdog.start()
    text = b""
    while True:
        try:
            got = os.read(master, 65_536)
        except OSError:  # how Linux tells the end of a terminal
            got = b""
        if not got:
            break
        text += got
        if on_text and on_text[0].encode() in text:
            process.send_signal(on_text[1])
            on_text = None
    watchdog.cancel()
    os.close(master)
    assert process.wait() != -signal.SIGKILL, f"it did not end; what it showed: {text.decode()!r}"
    return process.returncode, text.decode()


def test_a_terminal_gets_a_live_picture_in_colours_that_no_color_takes_away(
    project: Path, start: Callable[..., Dev]
) -> None:
    start("--no-reload")
    add = ("trigger", "add", '{"a": 1, "b": 2}', "--follow")
    code, text = on_terminal(*add, cwd=project)
    assert code == 0
    assert "\x1b[32m✓ Completed" in text
    assert "output" in text
    code, text = on_terminal(*add, cwd=project, NO_COLOR="1")
    assert code == 0
    assert "\x1b[32m" not in text
    assert "✓ Completed" in text
    code, text = on_terminal(*add, cwd=project, TERM="dumb")
    assert code == 0
    assert "\x1b" not in text


def test_ctrl_c_leaves_the_watch_and_not_the_run(project: Path, start: Callable[..., Dev]) -> None:
    start("--no-reload")
    patient = ("trigger", "patient", "--follow")
    code, text = on_terminal(*patient, cwd=project, on_text=("Waiting", signal.SIGINT))
    assert code == 130
    assert "The run goes on" in text
    assert "Traceback" not in text
    assert records(runcast("runs", "list", "--json", cwd=project))[0]["status"] == "WAITING"


def test_a_second_ctrl_c_ends_dev_at_once(project: Path, start: Callable[..., Dev]) -> None:
    (project / "app.py").write_text(APP + "\n@task\nasync def long() -> None:\n    await asyncio.sleep(60)\n")
    dev = start("--no-reload")
    runcast("trigger", "long", cwd=project)
    dev.next("run", task="long")
    dev.interrupt()
    assert dev.stop(signal.SIGINT) == 130
