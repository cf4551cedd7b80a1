"""Keys of engines on a network: read from wherever settings are, and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcast import config
from runcast.config_files import find_files
from runcast.domain.errors import InvalidInput
from runcast.sdk.ambient import current_door
from runcast.sdk.dial import Endpoint
from runcast.sdk.doors import SocketDoor
from runcast.settings import Settings
from tests.cli.project import Cli, caller, enter

KEY = "a-key-of-the-test-that-is-long-enough"
OLD_KEY = "an-older-key-that-is-still-admitted"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(tmp_path, monkeypatch)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return caller(capsys)


def test_a_public_token_with_a_misspelled_action_is_not_made(cli: Cli) -> None:
    said = cli("keys", "public", "--scope", "red:runs:run_1")
    assert (said.code, said.out) == (2, "")
    assert "no action 'red'" in said.err


def test_a_variable_has_several_keys_and_a_client_shows_the_first() -> None:
    settings = config.load(environ={"RUNCAST_KEY": f"{KEY},{OLD_KEY}"}).settings
    assert settings.key == (KEY, OLD_KEY)
    assert settings.shown_key == KEY
    assert Settings().shown_key == ""


def test_the_settings_say_whom_a_bare_trigger_asks_and_with_which_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNCAST_URL", "tls://a:8420,tls://b:8420")
    doors = []
    for key in (KEY, OLD_KEY):
        monkeypatch.setenv("RUNCAST_KEY", key)
        door = current_door()
        assert isinstance(door, SocketDoor)
        assert isinstance(door._where, Endpoint)
        assert (str(door._where), door._where.key) == ("tls://a:8420,tls://b:8420", key)
        assert current_door() is door
        doors.append(door)
    assert doors[0] is not doors[1]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_config_says_that_there_are_keys_and_not_which(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, form: list[str]
) -> None:
    monkeypatch.setenv("RUNCAST_KEY", f"{KEY},{OLD_KEY}")
    said = cli("config", *form)
    (line,) = [line for line in said.out.splitlines() if line.startswith(("key", '{"name": "key"', '{"name":"key"'))]
    assert line.count("***") == 2
    assert "RUNCAST_KEY" in line
    for key in (KEY, OLD_KEY):
        assert key not in said.out + said.err


def test_no_error_and_no_representation_shows_a_key(tmp_path: Path) -> None:
    assert KEY not in repr(config.load(environ={"RUNCAST_KEY": KEY}))
    (tmp_path / "runcast.toml").write_text(f"key = '{KEY}'")
    find_files.cache_clear()
    with pytest.raises(InvalidInput, match=r"runcast\.toml: key is a list") as refused:
        config.load(environ={})
    assert KEY not in str(refused.value)


def test_a_command_that_nobody_answers_says_where(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNCAST_URL", "tcp://127.0.0.1:1")
    monkeypatch.setenv("RUNCAST_KEY", KEY)
    said = cli("tasks", "--json")
    assert said.code == 4
    assert "tcp://127.0.0.1:1" in said.err
    assert KEY not in said.err
