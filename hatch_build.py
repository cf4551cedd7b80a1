"""The build hook: a wheel has the dashboard in it, built with Node from its wheel, so that nobody who installs needs Node.

`RUNCAST_BUILD_WEB=0` leaves it out; `RUNCAST_BUILD_WEB=1` builds it for an editable installation, too.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface[Any]):
    """Runs `web/build.py` before the files of a wheel are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        asked = os.environ.get("RUNCAST_BUILD_WEB", "0" if version == "editable" else "1")
        if asked == "0":
            return
        if _load(Path(self.root, "web", "build.py")).build():
            self.app.display_info("built the dashboard")


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("runcast_web_build", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
