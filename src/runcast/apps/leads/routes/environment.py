"""What workers have in their environment variables, as far as a page may know: the names."""

from __future__ import annotations

import os
from collections.abc import Mapping

from runcast import Client

SET = "set"
"""In the place of a value that nobody here needs to see."""


async def worker_env() -> Mapping[str, str]:
    """This process's variables, with those that the environment's workers are given."""
    names = await Client().variable_names()
    return {**dict.fromkeys(names, SET), **os.environ}
