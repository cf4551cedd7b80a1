"""Task names, app files, and code versions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runcast import Queue, task
from runcast.domain.errors import DuplicateTask, InvalidInput, UnknownTask
from runcast.sdk.registry import Registry, load_app, registry


@pytest.fixture
def home() -> Registry:
    return Registry()


@pytest.fixture(autouse=True)
def clean_imports() -> Iterator[None]:
    modules, path = set(sys.modules), list(sys.path)
    yield
    for name in set(sys.modules) - modules:
        del sys.modules[name]
    sys.path[:] = path


def test_two_functions_of_one_name_are_refused_with_both_places(home: Registry) -> None:
    @task(name="same", registry=home)
    def first() -> None: ...

    with pytest.raises(DuplicateTask) as caught:

        @task(name="same", registry=home)
        def second() -> None: ...

    assert str(caught.value).count(f"{__file__}:") == 2
    assert home.get("same") is first


def test_a_module_imported_twice_defines_its_tasks_again(home: Registry) -> None:
    def define() -> object:
        @task(name="again", registry=home)
        def again() -> None: ...

        return again

    define()
    latest = define()
    assert home.get("again") is latest
    assert len(home) == 1


def test_an_unknown_task_lists_the_known(home: Registry) -> None:
    @task(registry=home)
    def known() -> None: ...

    with pytest.raises(UnknownTask, match="known"):
        home.get("unknown")
    assert home.find("unknown") is None


def test_one_queue_cannot_have_two_limits(home: Registry) -> None:
    @task(queue=Queue("web", concurrency=1), registry=home)
    def first() -> None: ...

    assert home.queue_settings()[0].concurrency == 1

    @task(queue=Queue("web", concurrency=2), registry=home)
    def second() -> None: ...

    with pytest.raises(DuplicateTask, match="web"):
        home.queue_settings()


APP = """
from runcast import task
from dataclasses import dataclass

@dataclass
class Job:
    size: int

@task
async def loaded_{name}(job: Job) -> int:
    return job.size
"""


def test_a_file_is_loaded_once(tmp_path: Path) -> None:
    file = tmp_path / "loaded_app.py"
    file.write_text(APP.format(name="file"))
    module = load_app(str(file))
    assert load_app(str(file)) is module
    assert registry.get("loaded_file").source.startswith(str(file))
    assert registry.get("loaded_file").decode_payload('{"size":1}')[0] == (module.Job(1),)


def test_a_file_in_a_package_has_its_full_name(tmp_path: Path) -> None:
    package = tmp_path / "loaded_shop"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "jobs.py").write_text(APP.format(name="package"))
    assert load_app(str(package / "jobs.py")).__name__ == "loaded_shop.jobs"


def test_a_module_is_loaded_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loaded_module.py").write_text(APP.format(name="module"))
    monkeypatch.chdir(tmp_path)
    assert load_app("loaded_module").__name__ == "loaded_module"


@pytest.mark.parametrize("target", ["nowhere.py", "nowhere", "nowhere.at.all"])
def test_an_app_that_is_not_there_is_said_clearly(target: str) -> None:
    with pytest.raises(InvalidInput, match="no app"):
        load_app(target)


def test_an_app_that_fails_shows_its_own_error(tmp_path: Path) -> None:
    file = tmp_path / "broken_app.py"
    file.write_text("import nothing_of_that_name")
    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        load_app(str(file))
    assert "broken_app" not in sys.modules


def test_the_code_version_follows_the_file(tmp_path: Path) -> None:
    versions = set()
    for number, extra in enumerate(["", "", "# changed\n"]):
        file = tmp_path / f"version_{number}.py"
        file.write_text(APP.format(name="versioned") + extra)
        load_app(str(file))
        versions.add(registry.get("loaded_versioned").code_version)
        del registry._tasks["loaded_versioned"]
    assert len(versions) == 2
