"""`runcast journals`: recorded from a database, checked against an app, with an exit code for CI."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from runcast import embed
from runcast.cli.main import run
from runcast.sdk.registry import load_app, registry
from runcast.testing import TestEngine

APP = """
from runcast import step, task, wait

def put(text: str) -> str:
    return text

@task
async def shelve(n: int) -> str:
    await wait.for_("1d")
    return await step(put, name="put")(f"{n}")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose database holds one finished run of the old code."""
    monkeypatch.chdir(tmp_path)
    before = list(registry)
    registry.clear()
    (tmp_path / "old_shelf.py").write_text(APP)
    load_app("old_shelf.py")

    async def live() -> None:
        async with TestEngine(database=tmp_path / "shelf.db") as engine:
            await engine.run(registry.get("shelve"), 7)

    asyncio.run(live())
    registry.clear()
    yield tmp_path
    registry.clear()
    for definition in before:
        registry.add(definition)


def test_what_was_recorded_is_checked_against_new_code(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["journals", "record", "latest", "--out", "golden", "--database", "shelf.db"]) == 0
    (file,) = (project / "golden").iterdir()
    assert json.loads(file.read_text())["run"]["task"] == "shelve"
    (project / "same_shelf.py").write_text(APP + "\n# another version\n")
    assert run(["journals", "check", "same_shelf.py", "golden"]) == 0
    assert "1 of 1 recorded runs go on under this code" in capfd.readouterr().out
    registry.clear()
    (project / "new_shelf.py").write_text(APP.replace('name="put"', 'name="keep"'))
    assert run(["journals", "check", "new_shelf.py", "golden", "--json"]) == 1
    verdict = json.loads(capfd.readouterr().out)
    assert (verdict["verdict"], verdict["holds"], verdict["unasked"]) == ("lost", False, ["/step:put#1"])


def test_without_journals_it_says_how_to_record_some(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "golden").mkdir()
    assert run(["journals", "check", "old_shelf.py", "golden"]) == 2
    assert "runcast journals record" in capfd.readouterr().err


def test_a_run_that_waits_is_recorded_through_its_running_engine(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    registry.add(load_app("old_shelf.py").shelve)
    with embed(project / "live.db") as client:
        handle = client.trigger("shelve", {"n": 1}).result()
        for update in handle.follow():
            if update.status == "WAITING":
                break
        assert run(["journals", "record", handle.id, "--out", "golden", "--database", "live.db"]) == 0
        client.cancel(handle.id).result()
    assert run(["journals", "check", "old_shelf.py", "golden"]) == 0
    assert "the same calls, up to where it is WAITING" in capfd.readouterr().out
