"""The quick start as a reader types it: run, trigger, kill in the middle, start again, look around."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.snippets import read_snippets

APP = next(snippet.text for snippet in read_snippets() if snippet.name == "docs/start/quickstart.md:1")
SLOW = """
    with open("asked.txt", "a") as asked:
        asked.write(word + "\\n")
    while os.path.exists("blocked") and word == "elm":
        await asyncio.sleep(0.01)
    await asyncio.sleep(0)"""
"""The step as "make it slow" leaves it: one of them hangs while a file is there, and each says that it was asked."""

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("import os\n" + APP.replace("\n    await asyncio.sleep(0.01)", SLOW), "utf-8")
    return tmp_path


class Dev:
    """`runcast dev app.py`, started again as often as the test likes."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns once it says that it is ready."""
        command = [sys.executable, "-m", "runcast.cli.main", "dev", "app.py", "--json"]
        self._process = subprocess.Popen(command, cwd=self._project, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert json.loads(self._process.stdout.readline())["event"] == "ready"

    def kill(self) -> None:
        """As rudely as can be."""
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()


@pytest.fixture
def dev(project: Path) -> Iterator[Dev]:
    dev = Dev(project)
    dev.start()
    yield dev
    dev.kill()


def runcast(project: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "runcast.cli.main", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_the_quick_start_promises(project: Path, dev: Dev) -> None:
    shown = runcast(project, "trigger", "longest", '{"words": ["ash", "blackthorn"]}', "--follow")
    assert "blackthorn" in shown
    for look in (["runs", "list"], ["runs", "show", "latest"], ["watch", "latest"], ["why", "latest"], ["doctor"]):
        assert runcast(project, *look)


def test_a_kill_in_the_middle_repeats_no_step_that_was_recorded(project: Path, dev: Dev) -> None:
    (project / "blocked").touch()
    runcast(project, "trigger", "longest", '{"words": ["ash", "blackthorn", "elm"]}')
    wait_until_done(project, 2)
    dev.kill()
    (project / "blocked").unlink()
    dev.start()
    runcast(project, "watch", "latest")
    (run,) = [json.loads(line) for line in runcast(project, "runs", "show", "latest", "--json").splitlines()][:1]
    assert (run["status"], run["output"], run["metadata"]["done"]) == ("COMPLETED", "blackthorn", 3)
    assert sorted((project / "asked.txt").read_text().split()) == ["ash", "blackthorn", "elm", "elm"]
    assert "laws hold" in runcast(project, "doctor")


def wait_until_done(project: Path, count: int) -> None:
    """Follow the newest run until its metadata counts that many."""
    command = [sys.executable, "-m", "runcast.cli.main", "watch", "latest", "--json"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        for line in watching.stdout:
            event = json.loads(line)
            if event["event"] == "run" and event["metadata"].get("done") == count:
                break
        watching.kill()
