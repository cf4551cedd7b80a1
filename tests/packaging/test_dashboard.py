"""What is installed from the sources has the dashboard, on a machine without Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SERVE = """
import asyncio
import sys
from pathlib import Path

import runcast
from runcast.http_settings import ApiSettings
from runcast.server import Server, ServerConfig

async def main():
    async with Server(ServerConfig(database=":memory:", socket=False, http=ApiSettings())) as server:
        print(Path(runcast.__file__).parent, server.http.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source distribution made from what git knows of this checkout, and a wheel made from that."""
    folder = tmp_path_factory.mktemp("sources")
    git = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    target = tmp_path_factory.mktemp("dist")
    # Without isolation: the pinned tools, which are here, in the place of a download of 60 MB.
    command = [
        sys.executable,
        "-m",
        "uv",
        "build",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        str(target),
    ]
    ended = subprocess.run(command, cwd=folder, env=without_node(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return target


def without_node() -> dict[str, str]:
    """The environment, in which no program is found by its name alone."""
    return {**os.environ, "PATH": "/nonexistent"}


def test_the_source_distribution_has_sources_and_lock_and_nothing_built(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"hatch_build.py", "web/build.py", "web/.npmrc", "web/package-lock.json", "web/app/src/main.tsx"} <= names
    assert not [name for name in names if "node_modules" in name or "/static/" in name or "/dist/" in name]


def test_the_wheel_has_the_dashboard(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = [name.removeprefix("runcast/dashboard/static/") for name in wheel.namelist() if "/static/" in name]
    assert {"index.html", ".vite/license.md"} <= set(names)
    assert [name for name in names if name.startswith("assets/index-")]


def test_an_installation_from_the_wheel_serves_it(built: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    wheel = str(next(built.glob("*.whl")))
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--target",
        str(installed),
        wheel,
    ]
    subprocess.run(pip, check=True, capture_output=True)
    with served(installed, tmp_path) as url:
        page = httpx2.get(url)
        assert page.status_code == 200 and '<base href="./">' in page.text
        script = next(part for part in page.text.split('"') if part.startswith("./assets/") and part.endswith(".js"))
        assert httpx2.get(f"{url}/{script[2:]}").headers["content-type"].startswith("text/javascript")


@contextmanager
def served(installed: Path, folder: Path) -> Iterator[str]:
    """The address of a server of the package in that folder."""
    environment = {**without_node(), "PYTHONPATH": str(installed), "XDG_CONFIG_HOME": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        cwd=folder,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        package, _, url = process.stdout.readline().strip().partition(" ")
        assert Path(package).is_relative_to(installed)
        yield url
