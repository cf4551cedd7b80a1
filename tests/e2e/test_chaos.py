"""Real workers killed and stopped at random: no run is lost, nothing is recorded twice, no limit is exceeded.

`python -m tests.e2e.chaos DIRECTORY 60 SEED` is the long form.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 5])
def test_nothing_is_lost_doubled_or_crowded(tmp_path: Path, seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.chaos", str(tmp_path), "15", str(seed)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
