"""What is built: how much of it a first visit loads, whose licences it has, and that the build repeats."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from runcast.dashboard.pages import STATIC, find_file
from web.build import STAMP, WEB, build, digest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("dashboard")]

FIRST_LOAD = 150_000
"""Bytes of compressed JavaScript until the app is there."""
PAGE = 100_000
"""Bytes that a page adds, with what it shares with other pages. What is heavier, such as an editor, is loaded by what needs it."""
OWN = 40_000
"""Bytes of a page alone."""


def manifest() -> dict[str, Any]:
    """Vite's: what imports what."""
    read: dict[str, Any] = json.loads((STATIC / ".vite" / "manifest.json").read_text("utf-8"))
    return read


def closure(chunks: dict[str, Any], name: str) -> set[str]:
    """The files that are loaded with a chunk, before it is executed."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        chunk = chunks[waiting.pop()]
        if chunk["file"] not in found:
            found.add(chunk["file"])
            waiting += chunk.get("imports", ())
    return found


def packed_bytes(files: set[str]) -> int:
    return sum(len(packed(name)) for name in files)


def packed(name: str) -> bytes:
    answer = find_file(STATIC, name, packed=True)
    assert answer is not None, name
    return answer.body if "content-encoding" in answer.headers else gzip.compress(answer.body)


def test_the_first_load_is_small() -> None:
    chunks = manifest()
    first = closure(chunks, "index.html")
    assert packed_bytes(first) <= FIRST_LOAD, {name: packed_bytes({name}) for name in first}


def test_a_page_adds_little() -> None:
    chunks = manifest()
    first = closure(chunks, "index.html")
    pages = [name for name, chunk in chunks.items() if chunk.get("isDynamicEntry") and name.startswith("src/pages/")]
    added = {name: packed_bytes(closure(chunks, name) - first) for name in pages}
    assert pages and not {name: size for name, size in added.items() if size > PAGE}, added
    assert not [name for name in pages if packed_bytes({chunks[name]["file"]}) > OWN]


def test_every_file_that_is_named_is_there_and_nothing_is_inline_or_from_elsewhere() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith("./") and find_file(STATIC, address[2:]) is not None, address
    assert not re.findall(r"<script(?![^>]*\ssrc=)|<style|\son\w+=", page)
    for chunk in manifest().values():
        for name in (chunk["file"], *chunk.get("css", ()), *chunk.get("assets", ())):
            assert find_file(STATIC, name) is not None, name


def test_the_licences_of_what_is_bundled_come_with_it() -> None:
    text = (STATIC / ".vite" / "license.md").read_text("utf-8")
    assert "react-dom" in text and "MIT" in text


def test_the_same_sources_are_not_built_twice() -> None:
    assert (STATIC / STAMP).read_text() == digest()
    made = (STATIC / "index.html").stat().st_mtime_ns
    assert build() is False
    assert (STATIC / "index.html").stat().st_mtime_ns == made


def test_packages_are_pinned_and_their_lock_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))["packages"]
    assert not [name for name, package in lock.items() if "://" in package.get("resolved", "")]
    outside = {name: one for name, one in lock.items() if "node_modules/" in name and not one.get("link")}
    assert outside and not [name for name, package in outside.items() if "integrity" not in package]
    assert [path for path in WEB.glob("*/*/package.json") if "node_modules" not in path.parts]
    for path in (WEB / "package.json", WEB / "app" / "package.json"):
        read = json.loads(path.read_text("utf-8"))
        wanted = {**read.get("dependencies", {}), **read.get("devDependencies", {})}
        assert not [f"{name} {version}" for name, version in wanted.items() if version[:1] in "^~*<>"]


def test_the_lock_has_the_builds_for_every_platform() -> None:
    """`npm ci` refuses a lock that lacks one, on that platform and on all others."""
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))["packages"]
    for name, package in lock.items():
        for wanted in package.get("optionalDependencies", {}):
            assert f"{name}/node_modules/{wanted}" in lock or f"node_modules/{wanted}" in lock, f"{wanted}, of {name}"


def test_sources_below_any_folder_count_and_tests_do_not(tmp_path: Path) -> None:
    (tmp_path / "app" / "node_modules").mkdir(parents=True)
    (tmp_path / "app" / "main.tsx").write_text("1")
    before = digest(tmp_path)
    (tmp_path / "app" / "main.test.tsx").write_text("2")
    (tmp_path / "app" / "node_modules" / "other.js").write_text("3")
    assert digest(tmp_path) == before
    (tmp_path / "app" / "main.tsx").write_text("4")
    assert digest(tmp_path) != before
