"""What people install is whole: every file of the package, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(target.glob("*.whl")))


def test_the_wheel_holds_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    files = {path.relative_to(SOURCE).as_posix() for path in (SOURCE / "runcast").rglob("*") if path.is_file()}
    wanted = {name for name in files if "__pycache__" not in name}
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == wanted


def test_the_wheel_carries_its_types_its_licence_and_its_command(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "runcast/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    entry_points = next(name for name in names if name.endswith("entry_points.txt"))
    assert "runcast = runcast.cli.main:main" in wheel.read(entry_points).decode()


def _normal(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_pinned_requirements_cover_everything_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    # `make test-clusters` has an environment of its own for these.
    extras = {name: asked for name, asked in project["optional-dependencies"].items() if name not in ("dask", "ray")}
    asked = [*project["dependencies"], *(name for extra in extras.values() for name in extra)]
    pinned = {line.split("==")[0] for line in (ROOT / "requirements/dev.txt").read_text("utf-8").splitlines()}
    assert [name for name in asked if _normal(name.split(">=")[0].split("[")[0]) not in pinned] == []


@pytest.mark.parametrize("file", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda file: file.name)
def test_pinned_requirements_name_no_host_and_have_hashes(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "://" not in text
    assert "index-url" not in text
    pins = [line for line in text.splitlines() if "==" in line]
    assert all(line.endswith("\\") for line in pins)
