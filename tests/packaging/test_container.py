"""The Dockerfile and the compose file: what their linters say, and whether what they start exists. No daemon is needed."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from runcast import config
from runcast.cli.main import cli
from runcast.config_files import find_files
from runcast.metrics.listener import parse_address
from runcast.server import Server, ServerConfig
from runcast.settings import Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", "")
EXAMPLE_ENVIRONMENT = dict(
    line.split("=", 1) for line in (ROOT / ".env.example").read_text("utf-8").splitlines() if not line.startswith("#")
)
_VARIABLE = re.compile(r"\$\{(\w+)(?::[?-]([^}]*))?\}")


def tool(name: str) -> str:
    """A command of this virtual environment."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} has no build for this machine")
    return found


def compose() -> dict[str, Any]:
    """As `docker compose config` reads it with the example's variables."""
    text = (ROOT / "compose.yaml").read_text("utf-8")
    read: dict[str, Any] = YAML(typ="safe").load(_VARIABLE.sub(_substitute, text))
    return read


def _substitute(found: re.Match[str]) -> str:
    name, default = found.groups()
    is_required = ":?" in found[0]
    return EXAMPLE_ENVIRONMENT[name] if is_required else EXAMPLE_ENVIRONMENT.get(name, default or "")


def services() -> dict[str, Any]:
    return {name: service for name, service in compose()["services"].items() if "build" in service}


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


def dockerfile_environment() -> dict[str, str]:
    (environment,) = instructions("ENV")
    return dict(pair.split("=", 1) for pair in environment.split())


def check_command(arguments: list[str]) -> None:
    """Raises `click.UsageError` for a command or an option that does not exist."""
    with click.Context(cli, info_name="runcast") as context:
        name, command, rest = cli.resolve_command(context, list(arguments))
        assert command is not None
        command.make_context(name, rest, parent=context)


def settings_of(environment: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What those variables mean where there is no project."""
    monkeypatch.chdir(tmp_path)
    find_files.cache_clear()
    assert config.unknown_variables(environment) == []
    return config.load(environ=dict(environment)).settings


def test_hadolint_finds_nothing() -> None:
    done = subprocess.run([tool("hadolint"), str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_compose_file_keeps_its_specification() -> None:
    command = [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(ROOT / "compose.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_made_from_files_that_reach_it() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = {name for copy in instructions("COPY") if "--from" not in copy for name in copy.split()[:-1]}
    assert {name.removeprefix("./") for name in copied} == let_in
    assert all((ROOT / name).exists() for name in let_in)


def test_the_image_installs_extras_that_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (extras,) = re.findall(r'"\.\[([\w,]+)\]"', DOCKERFILE)
    assert {"metrics", "postgres"} <= set(extras.split(",")) <= set(project["optional-dependencies"])


def test_the_image_does_not_run_as_root_and_hears_the_signal() -> None:
    assert [user.isdigit() and int(user) > 0 for user in instructions("USER")] == [True]
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["runcast"]


def test_the_images_command_and_variables_mean_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_command(json.loads(instructions("CMD")[-1]))
    settings = settings_of(dockerfile_environment(), tmp_path, monkeypatch)
    assert parse_address(settings.metrics, public=settings.metrics_public)[0] == "127.0.0.1"
    assert instructions("VOLUME") == [str(Path(settings.database).parent)]


@pytest.mark.parametrize(("reason", "code"), [("", 0), ("the database is gone", 1)], ids=["healthy", "ill"])
async def test_the_health_check_asks_what_the_server_answers(reason: str, code: int) -> None:
    (check,) = re.findall(r"^HEALTHCHECK .*CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    python, option, script = json.loads(check)
    assert (python, option) == ("python", "-c")
    _, port = parse_address(dockerfile_environment()["RUNCAST_METRICS"], public=False)
    asked = f"http://127.0.0.1:{port}/healthz"
    assert asked in script
    async with Server(ServerConfig(database=":memory:", metrics=("127.0.0.1", 0))) as server:
        assert server.metrics_url is not None
        if reason:
            server.engine.store.refuse(reason)
        here = script.replace(asked, server.metrics_url.replace("metrics", "healthz"))
        done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", here], capture_output=True)
    assert done.returncode == code


def test_a_command_that_does_not_exist_would_be_seen() -> None:
    with pytest.raises(click.UsageError):
        check_command(["serve", "--metrix", "9464"])
    with pytest.raises(click.UsageError):
        check_command(["server"])


def test_two_servers_and_two_workers_start_with_commands_that_exist() -> None:
    started = {name: (service["command"][0], service["deploy"]["replicas"]) for name, service in services().items()}
    assert started == {"serve": ("serve", 2), "worker": ("worker", 2)}
    for service in services().values():
        check_command(service["command"])


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_the_variables_of_a_service_mean_something(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service, postgres = services()[name], compose()["services"]["postgres"]["environment"]
    settings = settings_of(dockerfile_environment() | service["environment"], tmp_path, monkeypatch)
    user, password, base = (postgres[f"POSTGRES_{part}"] for part in ("USER", "PASSWORD", "DB"))
    assert settings.database == f"postgresql://{user}:{password}@postgres/{base}"
    assert parse_address(settings.metrics, public=settings.metrics_public) == ("0.0.0.0", 9464)
    assert [len(key) >= 16 for key in settings.key] == [True]


def test_everything_waits_for_a_healthy_database_keeps_its_data_and_stops_in_time() -> None:
    read = compose()
    assert "healthcheck" in read["services"]["postgres"]
    (data,) = read["services"]["postgres"]["volumes"]
    assert data.split(":")[0] in read["volumes"]
    for service in services().values():
        assert service["depends_on"] == {"postgres": {"condition": "service_healthy"}}
        assert service["stop_grace_period"] == "30s"


def test_the_tasks_that_are_mounted_are_there_and_secrets_are_not_in_the_file() -> None:
    worker = services()["worker"]
    folder, inside, _ = worker["volumes"][0].split(":")
    assert inside in instructions("WORKDIR")
    assert (ROOT / folder / worker["command"][1]).is_file()
    text = (ROOT / "compose.yaml").read_text("utf-8")
    assert not any(secret in text for secret in EXAMPLE_ENVIRONMENT.values() if secret.startswith("change"))
    assert ".env" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
