"""A build that comes into the place of another while a server shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runcast.dashboard.pages import answer_page, find_file
from web import build


def app(folder: Path, version: str, *more: str) -> Path:
    """What Vite makes of a version."""
    (folder / "assets").mkdir(parents=True)
    for name in (f"app-{version}.js", *more):
        (folder / "assets" / name).write_text(version)
    (folder / "index.html").write_text(f'<head></head><script src="./assets/app-{version}.js"></script>')
    (folder / build.STAMP).write_text(version)
    return folder


def shown(static: Path) -> str:
    """The version that a browser gets: a page, and every file that it names."""
    page = answer_page(static, "./")
    assert page.status == 200
    for name in re.findall(r'src="\./([^"]+)"', page.body.decode()):
        assert find_file(static, name) is not None, name
    return re.findall(r"app-(\w+)", page.body.decode())[0]


def test_a_server_finds_a_whole_app_at_every_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    static = app(tmp_path / "static", "old", "shared-1.js", "gone-1.js")
    made = app(tmp_path / "made", "new", "shared-1.js")
    seen = []
    replace, unlink = Path.replace, Path.unlink

    def replace_and_look(path: Path, target: Path) -> Path:
        replaced = replace(path, target)
        seen.append(shown(static))
        return replaced

    def unlink_and_look(path: Path) -> None:
        unlink(path)
        seen.append(shown(static))

    monkeypatch.setattr(Path, "replace", replace_and_look)
    monkeypatch.setattr(Path, "unlink", unlink_and_look)
    build.put_in_place(static, made)
    assert seen == ["old", "old", "new", "new", "new", "new"], "files, the page, the stamp, what is gone"
    assert sorted(path.name for path in (static / "assets").iterdir()) == ["app-new.js", "shared-1.js"]
    assert (static / build.STAMP).read_text() == "new" and not made.exists()


def test_the_first_build_has_nothing_to_replace(tmp_path: Path) -> None:
    build.put_in_place(tmp_path / "static", app(tmp_path / "made", "new"))
    assert shown(tmp_path / "static") == "new"
