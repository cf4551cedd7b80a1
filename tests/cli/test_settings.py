"""Settings: what counts of defaults, files, environment and flags, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcast import config
from runcast.config_files import find_files
from runcast.domain.errors import InvalidInput
from runcast.sdk.handle import RunHandle
from runcast.settings import Settings, all_settings
from tests.cli.project import Cli, caller, enter


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(tmp_path, monkeypatch)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return caller(capsys)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    find_files.cache_clear()


def test_without_anything_every_setting_has_its_default() -> None:
    found = config.load(environ={})
    assert found.settings == Settings()
    assert found.origins == {}


def test_each_source_beats_the_one_before_it_and_is_named(tmp_path: Path) -> None:
    user, project = tmp_path / "xdg" / "runcast" / "runcast.toml", tmp_path / "pyproject.toml"
    write(user, "workers = 1\nconcurrency = 1\nlease = '1m'\nretention = '1d'")
    write(project, "[tool.runcast]\nworkers = 2\nconcurrency = 2\nlease = '2m'")
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "RUNCAST_WORKERS": "3", "RUNCAST_CONCURRENCY": "3"}
    found = config.load({"workers": 4, "reload": None}, environ=environ)
    settings = found.settings
    assert (settings.workers, settings.concurrency, settings.lease_ms, settings.retention_ms) == (
        4,
        3,
        120_000,
        86_400_000,
    )
    assert found.origins == {
        "workers": "--workers",
        "concurrency": "RUNCAST_CONCURRENCY",
        "lease": str(project),
        "retention": str(user),
    }


def test_a_file_of_a_directory_above_counts_and_its_paths_are_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "runcast.toml", "app = 'jobs/app.py'\nmodules = ['shop.jobs', 'more.py']")
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")
    found = config.load(environ={})
    assert found.settings.apps == (str(tmp_path / "jobs/app.py"), "shop.jobs", str(tmp_path / "more.py"))
    assert found.settings.database == str(tmp_path / ".runcast/runcast.db")
    assert found.home == tmp_path


def test_a_directory_that_everybody_may_write_to_decides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "runcast.toml", "app = 'planted.py'")
    (tmp_path / "mine").mkdir()
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path / "mine")
    assert config.load(environ={}).settings.app == ""


def test_in_one_directory_runcast_toml_beats_pyproject(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.runcast]\nworkers = 1")
    write(tmp_path / "runcast.toml", "workers = 2")
    assert config.load(environ={}).settings.workers == 2


def test_a_pyproject_that_does_not_speak_of_us_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "runcast.toml", "workers = 2")
    write(tmp_path / "package" / "pyproject.toml", "[project]\ndependencies = ['runcast']")
    monkeypatch.chdir(tmp_path / "package")
    assert config.load(environ={}).settings.workers == 2


def test_a_file_may_be_named(tmp_path: Path) -> None:
    write(tmp_path / "runcast.toml", "workers = 1")
    write(tmp_path / "production.toml", "workers = 8")
    assert config.load(environ={"RUNCAST_CONFIG": "production.toml"}).settings.workers == 8
    with pytest.raises(InvalidInput, match=r"RUNCAST_CONFIG names .*missing\.toml"):
        config.load(environ={"RUNCAST_CONFIG": "missing.toml"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("databse = 'x'", "no setting 'databse'. Did you mean 'database'"),
        ("workers = 'four'", "workers is a whole number, got 'four'"),
        ("workers = -1", "workers is a whole number, got -1"),
        ("lease = 'soon'", "lease is a duration, got 'soon'"),
        ("log_format = 'xml'", "log_format is pretty or json, got 'xml'"),
        ("modules = 'shop'", "modules is a list, got 'shop'"),
        ("reload = 'yes'", "reload is true or false, got 'yes'"),
        ("workers = ", "cannot read the settings"),
    ],
)
def test_what_a_file_says_wrongly_is_refused_with_its_name(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path / "runcast.toml", text)
    with pytest.raises(InvalidInput) as refused:
        config.load(environ={})
    assert said in str(refused.value)
    assert "runcast.toml" in str(refused.value)


def test_variables_are_read_as_what_they_stand_for() -> None:
    environ = {"RUNCAST_RELOAD": "false", "RUNCAST_LEASE": "20", "RUNCAST_MODULES": "a,b", "RUNCAST_WORKERS": "2"}
    settings = config.load(environ=environ).settings
    assert (settings.reload, settings.lease_ms, settings.modules, settings.workers) == (False, 20_000, ("a", "b"), 2)
    with pytest.raises(InvalidInput, match="RUNCAST_WORKERS: workers is a whole number, got 'x'"):
        config.load(environ={"RUNCAST_WORKERS": "x"})


def test_a_database_that_is_named_more_strongly_than_a_socket_is_meant(tmp_path: Path) -> None:
    write(tmp_path / "runcast.toml", "url = 'unix:///run/there.sock'")
    assert config.load(environ={}).settings.url == "unix:///run/there.sock"
    assert config.load({"database": "x.db"}, environ={}).settings.url == ""
    both = {"RUNCAST_URL": "unix:///run/here.sock", "RUNCAST_DATABASE": "x.db"}
    assert config.load(environ=both).settings.url == "unix:///run/here.sock"


def test_a_bare_trigger_goes_where_the_project_says(tmp_path: Path, cli: Cli) -> None:
    from runcast.sdk.ambient import current_door, door_to_database

    write(tmp_path / "pyproject.toml", "[tool.runcast]\ndatabase = 'var/runs.db'")
    assert current_door() is door_to_database(tmp_path / "var" / "runs.db")


def test_a_run_has_a_page_only_where_pages_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    from runcast.domain.ids import RunId
    from runcast.sdk.ambient import current_door

    handle = RunHandle[object](RunId("run_1"), door=current_door)
    assert handle.url == "runcast watch run_1"
    monkeypatch.setenv("RUNCAST_PUBLIC_URL", "https://runs.example.com/base/")
    assert handle.url == "https://runs.example.com/base/runs/run_1"


def test_config_shows_each_value_and_its_origin(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "runcast.toml", "retention = '2w'")
    monkeypatch.setenv("RUNCAST_WORKERS", "4")
    shown = {record["name"]: record for record in cli("config", "--database", "x.db", "--json").records}
    assert set(shown) == {setting.name for setting in all_settings()}
    assert shown["retention"] == {"name": "retention", "value": "14d", "origin": str(tmp_path / "runcast.toml")}
    assert shown["workers"] == {"name": "workers", "value": 4, "origin": "RUNCAST_WORKERS"}
    assert shown["database"] == {"name": "database", "value": "x.db", "origin": "--database"}
    assert shown["lease"] == {"name": "lease", "value": "30s", "origin": "default"}


def test_config_masks_passwords_and_warns_of_variables_that_mean_nothing(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNCAST_PUBLIC_URL", "https://ada:hunter2@example.com")
    monkeypatch.setenv("RUNCAST_WORKRS", "4")
    said = cli("config")
    assert said.code == 0
    assert "hunter2" not in said.out
    assert "https://ada:***@example.com" in said.out
    assert "RUNCAST_WORKRS is no setting. Did you mean 'RUNCAST_WORKERS'" in said.err


def test_a_wrong_setting_is_wrong_usage_of_every_command(tmp_path: Path, cli: Cli) -> None:
    write(tmp_path / "runcast.toml", "databse = 'x'")
    said = cli("runs", "list")
    assert said.code == 2
    assert "Did you mean 'database'" in said.err


@pytest.mark.parametrize(
    ("file", "text", "wrong"),
    [
        ("runcast.toml", "a = " + "[" * 5_000, "cannot read"),
        ("pyproject.toml", "[tool]\nruncast = 3", "is a table"),
        ("pyproject.toml", "tool = 'runcast'\nruncast = 1", None),
    ],
    ids=["nested too deeply", "no table", "not ours"],
)
def test_a_file_of_the_wrong_shape_is_named(tmp_path: Path, file: str, text: str, wrong: str | None) -> None:
    write(tmp_path / file, text)
    if wrong is None:
        assert config.load(environ={}).files == ()
        return
    with pytest.raises(InvalidInput, match=rf"(?s)(?=.*{file}).*{wrong}"):
        config.load(environ={})
