"""`SIGKILL` before and after every commit of a program: the same result, and each record once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FOUND = {
    "roots": 1,
    "output": {"numbers": [2, 4, 6, 8, 10], "answer": "approved", "winner": 0, "fired": 12, "dated": True},
    "metadata": {"doubled": 1, "children": 4, "winner": 0},
    "tags": ["sweep"],
    "statuses": {"COMPLETED": 6},
    "steps": {"done": 6},
    "parts": {"numbers": 6, "progress": 4},
    "logs": {"child 2": 1, "child 4": 1, "child 5": 1, "child 6": 1},
    "artifacts": {"report.txt": 1},
    "doctor": [],
}
STEPS = 6
IN_FLIGHT = 3
"""Steps whose bodies may run at once, and so may run again."""


@pytest.mark.slow
@pytest.mark.parametrize("evict_after_ms", [0, 60_000])
def test_a_kill_at_any_commit_changes_nothing(tmp_path: Path, evict_after_ms: int) -> None:
    points = _sweep(tmp_path, evict_after_ms)
    assert sum(point["killed"] for point in points) > 20, "the program has more commits than that"
    for point in points:
        where = f"killed {point['side']} commit {point['commit']}"
        assert point["ended"] == 0, where
        assert point["found"] == FOUND, where
        assert len(point["executed"]) == STEPS, where
        assert max(point["executed"].values()) <= 2, where
        assert sum(point["executed"].values()) <= STEPS + IN_FLIGHT, f"{where}: what is recorded is not repeated"


def _sweep(directory: Path, evict_after_ms: int) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.sweep", str(directory), str(evict_after_ms)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
