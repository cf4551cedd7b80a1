"""What is tried is what the files say, wherever it comes from."""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).parent


def test_packages_are_pinned_exactly_and_their_lock_names_no_registry() -> None:
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    assert not [f"{name} {version}" for name, version in wanted.items() if version.rpartition("@")[2][:1] in "^~*<>"]
    text = (HERE / "package-lock.json").read_text()
    assert '"resolved"' not in text and "://" not in text
    packages = json.loads(text)["packages"]
    assert packages[""]["dependencies"] == wanted
    assert not [name for name, package in packages.items() if name and "integrity" not in package]
