"""`runcast lint` on the command line: places, codes, configuration, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runcast.cli.main import run
from runcast.config import load
from runcast.config_files import find_files

BAD = """import time
from runcast import task, wait

@task
async def nap(n: int) -> float:
    started = time.time()
    await wait.for_(n)
    return started
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(BAD)
    return tmp_path


def test_a_finding_says_where_what_and_what_to_do(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lint", "app.py"]) == 1
    shown = capsys.readouterr().out
    assert "app.py:6:15 RC001 `time.time()` is read between durable calls of task `nap`" in shown
    assert "Use `runcast.now()`" in shown


def test_without_findings_it_exits_with_0(project: Path) -> None:
    (project / "app.py").write_text(BAD.replace("time.time()", "0.0"))
    assert run(["lint"]) == 0


def test_programs_get_a_line_for_each_finding(project: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["lint", "--json"]) == 1
    (line,) = capfdbinary.readouterr().out.splitlines()
    assert json.loads(line) | {"message": "", "fix": ""} == {
        "path": "app.py",
        "line": 6,
        "column": 15,
        "code": "RC001",
        "message": "",
        "fix": "",
        "end_line": 6,
    }


def test_rules_are_chosen_by_options_and_by_the_project(project: Path) -> None:
    assert run(["lint", "--ignore", "RC001"]) == 0
    assert run(["lint", "--select", "RC002,RC003"]) == 0
    (project / "pyproject.toml").write_text('[tool.runcast.lint]\nignore = ["RC001"]\n')
    assert run(["lint"]) == 0
    (project / "pyproject.toml").write_text('[tool.runcast.lint]\nexclude = ["app*"]\n')
    assert run(["lint"]) == 0
    assert run(["lint", "app.py"]) == 1  # named itself, it is read
    (project / "runcast.toml").write_text('lint.ignore = ["RC001"]\n')
    assert run(["lint", "app.py"]) == 0
    find_files.cache_clear()
    assert load() is not None  # which reads the same file, and has no quarrel with the table


@pytest.mark.parametrize("arguments", [["lint", "nowhere.py"], ["lint", "--select", "XY"]])
def test_nonsense_is_refused(project: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "error:" in capsys.readouterr().err


def test_an_unknown_setting_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text("[tool.runcast.lint]\nselct = []\n")
    assert run(["lint"]) == 2
    assert "selct" in capsys.readouterr().err


def test_the_rules_can_be_read_without_a_browser(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lint", "--rules"]) == 0
    assert "RC014" in capsys.readouterr().out
