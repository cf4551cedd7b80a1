"""Engines on one PostgreSQL, troubled at random: no run is lost, nothing is recorded twice, no limit is exceeded.

`make chaos-postgres SECONDS=60` is the long form.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_nothing_is_lost_doubled_or_crowded(tmp_path: Path, seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.chaos_postgres", str(tmp_path), "12", str(seed)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
