"""The Python in our documents imports, type-checks, and does what the text around it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.snippets import ROOT, Snippet, read_snippets

SNIPPETS = read_snippets()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every snippet as a module, beside the user's code that they import."""
    folder = tmp_path_factory.mktemp("snippets")
    for snippet in SNIPPETS:
        (folder / f"{snippet.module}.py").write_text(snippet.text, "utf-8")
    (folder / "myapp.py").write_text((ROOT / "tests/docs/myapp.py").read_text("utf-8"), "utf-8")
    return folder


def run(folder: Path, *arguments: str) -> str:
    """What Python printed; the test fails with it where the exit status is not 0."""
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_a_snippet_can_be_imported(folder: Path, snippet: Snippet) -> None:
    run(folder, "-W", "error", "-c", f"import {snippet.module}")


@pytest.mark.slow
def test_every_snippet_is_typed_as_strictly_as_we_are(folder: Path) -> None:
    cache = ROOT / ".mypy_cache" / "snippets"
    run(folder, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(cache), ".")
