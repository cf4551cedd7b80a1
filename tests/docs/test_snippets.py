"""The Python in our documents type-checks, and does what the text around it says."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from runcast.sdk.registry import registry
from runcast.testing import TestEngine
from tests.docs.scenarios import SCENARIOS
from tests.docs.snippets import ROOT, read_snippets

SNIPPETS = {snippet.name: snippet for snippet in read_snippets()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every snippet as a module, beside the user's code that they import."""
    folder = tmp_path_factory.mktemp("snippets")
    for snippet in SNIPPETS.values():
        (folder / f"{snippet.module}.py").write_text(snippet.text, "utf-8")
    (folder / "myapp.py").write_text((ROOT / "tests/docs/myapp.py").read_text("utf-8"), "utf-8")
    return folder


@pytest.fixture
def loadable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Snippets can be imported, and the tasks of one do not meet those of another."""
    monkeypatch.syspath_prepend(folder)
    before = list(registry)
    registry.clear()
    yield
    registry.clear()
    for definition in before:
        registry.add(definition)
    for snippet in SNIPPETS.values():
        sys.modules.pop(snippet.module, None)


def load(name: str) -> ModuleType:
    return importlib.import_module(SNIPPETS[name].module)


@pytest.mark.usefixtures("loadable")
@pytest.mark.parametrize("evict_after", [None, 0], ids=["resident", "evicted"])
@pytest.mark.parametrize("name", SNIPPETS)
async def test_a_snippet_does_what_the_text_says(name: str, evict_after: int | None) -> None:
    for snippet in SNIPPETS.values():
        if snippet.page == SNIPPETS[name].page:
            load(snippet.name)
    async with TestEngine(evict_after=evict_after) as engine:
        await SCENARIOS[name](engine, load)


@pytest.mark.slow
def test_every_snippet_is_typed_as_strictly_as_we_are(folder: Path) -> None:
    cache = ROOT / ".mypy_cache" / "snippets"
    arguments = ["-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(cache), "."]
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
