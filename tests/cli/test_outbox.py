"""The setting `outbox`: where its files are looked for, and what of it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcast import config
from runcast.settings import all_settings


@pytest.fixture(autouse=True)
def no_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))


def test_its_files_are_relative_to_the_file_that_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runcast.toml").write_text(
        'outbox = ["sqlite:///shop.db", "data/more.db", "sqlite:////srv/all.db", "postgresql://shop@db/shop"]'
    )
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    found = config.load(environ={}).settings.outbox
    own = [str(tmp_path / "shop.db"), str(tmp_path / "data/more.db")]
    assert found == (*own, "/srv/all.db", "postgresql://shop@db/shop")


def test_a_variable_names_several_with_commas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = config.load(environ={"RUNCAST_OUTBOX": "a.db,postgresql://shop@db/shop"}).settings.outbox
    assert found == ("a.db", "postgresql://shop@db/shop")


def test_passwords_in_it_are_not_shown() -> None:
    (setting,) = [setting for setting in all_settings() if setting.name == "outbox"]
    assert setting.show(("postgresql://shop:secret@db/shop", "a.db")) == ["postgresql://shop:***@db/shop", "a.db"]
