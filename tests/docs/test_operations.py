"""What the operations pages tell people to type and to write works as they say."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from runcast import config
from runcast.config_files import find_files
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun
from runcast.sdk.fresh_ids import fresh_id
from runcast.server import Server, ServerConfig
from tests.docs.snippets import ROOT

PAGES = ROOT / "docs" / "operations"


def blocks(page: str, language: str) -> list[str]:
    text = (PAGES / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell(script: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a script where `runcast` is this one."""
    tools = directory / "bin"
    tools.mkdir()
    (tools / "runcast").write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m runcast.cli.main "$@"\n')
    (tools / "runcast").chmod(0o755)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RUNCAST_")}
    environment = clean | {"PATH": f"{tools}:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", "-c", script], cwd=directory, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.slow
async def test_the_restore_drill_brings_the_runs_of_the_backup_back(tmp_path: Path) -> None:
    run_id = RunId(fresh_id("run"))
    async with Server(ServerConfig(database=str(tmp_path / ".runcast" / "runcast.db"), socket=False)) as server:
        await server.engine.trigger([NewRun(id=run_id, task="hello", payload="{}")])
    (drill,) = [block for block in blocks("backup.md", "sh") if "drill.db" in block]
    done = shell(drill, tmp_path)
    assert done.returncode == 0, done.stderr
    assert run_id[-8:] in done.stdout
    assert (tmp_path / ".runcast.old" / "runcast.db").is_file()


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_the_settings_on_a_page_exist(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(page.name, "toml"):
        (tmp_path / "pyproject.toml").write_text(block)
        find_files.cache_clear()
        assert config.load(environ={}).files == (tmp_path / "pyproject.toml",)


def test_the_unit_starts_a_command_that_exists_with_variables_that_mean_something() -> None:
    (text,) = blocks("deploy.md", "ini")
    unit = configparser.RawConfigParser(strict=False)
    unit.read_string(text)
    assert "runcast serve" in unit["Service"]["ExecStart"]
    variables = dict(re.findall(r"^Environment=(\w+)=(.*)$", text, re.MULTILINE))
    assert variables
    assert config.unknown_variables(variables) == []
    config.load(environ=variables)
