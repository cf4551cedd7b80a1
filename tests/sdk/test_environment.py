"""Where code outside of any run triggers: in the environment of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcast.domain.errors import InvalidInput
from runcast.sdk.ambient import current_environment
from runcast.sdk.client import Client
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from runcast.settings import Settings
from runcast.testing import TestEngine
from runcast.worker.settings import worker_settings

registry = Registry()


@task(registry=registry)
async def hello() -> str:
    return "hello"


def test_it_is_dev_unless_a_file_or_a_variable_says_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUNCAST_ENVIRONMENT", raising=False)
    assert current_environment() == "dev"
    project = tmp_path / "shop"
    project.mkdir()
    (project / "runcast.toml").write_text('environment = "staging"\n', "utf-8")
    monkeypatch.chdir(project)
    assert current_environment() == "staging"
    monkeypatch.setenv("RUNCAST_ENVIRONMENT", "shop/prod")
    assert current_environment() == "shop/prod"


@pytest.mark.parametrize("name", ["live", "Dev", "shop/", "/dev", "a/b/dev", "default/dev", "dev\n"])
def test_a_name_of_none_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("RUNCAST_ENVIRONMENT", name)
    with pytest.raises(InvalidInput, match="environment"):
        current_environment()
    with pytest.raises(InvalidInput, match="environment"):
        worker_settings(Settings(environment=name))


async def test_triggers_waits_and_tokens_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async with TestEngine() as engine:
        monkeypatch.setenv("RUNCAST_ENVIRONMENT", "prod")
        handle = await hello.trigger()
        run = await engine.engine.find_run(handle.id)
        assert run is not None
        assert run.environment == "prod"
        async with Client(gateway=engine.engine) as client:
            assert (await client.create_wait()).environment == "prod"


def test_a_worker_executes_there() -> None:
    assert worker_settings(Settings()).environment == "dev"
    assert worker_settings(Settings(environment="prod")).environment == "prod"
