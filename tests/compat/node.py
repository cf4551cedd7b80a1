"""Node from its wheel, and the npm packages that the lock file pins, installed once for all test processes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from web.build import node, npm

HERE = Path(__file__).parent
PINS = ("package.json", "package-lock.json", ".npmrc")


class Check(NamedTuple):
    """What one check of a script said."""

    name: str
    error: str


class Clients:
    """Runs scripts that import the installed packages."""

    def __init__(self, modules: Path) -> None:
        self.modules = modules

    def run(self, script: str, environment: Mapping[str, str], *, timeout_s: float = 120) -> list[Check]:
        """The checks of a script of this folder, in its order. What it prints beside them is in the report of a failure."""
        ended = _ended(_command(script), env=self._environment(environment), timeout=timeout_s)
        checks = read_checks(ended.stdout.splitlines())
        assert ended.returncode == 0 and checks, f"{script} ended with {ended.returncode}:\n{ended.stderr[-4000:]}"
        print(ended.stderr, file=sys.stderr)
        return checks

    @contextmanager
    def start(self, script: str, environment: Mapping[str, str]) -> Iterator[Iterator[str]]:
        """A script that goes on until it has said all, or its input ends: what it says, line by line."""
        process = subprocess.Popen(
            _command(script), env=self._environment(environment),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            assert process.stdout is not None
            yield (line.strip() for line in process.stdout)

    def _environment(self, given: Mapping[str, str]) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRIGGER_", "RUNCAST_"))}
        return {**clean, "COMPAT_MODULES": str(self.modules), **given}


def read_checks(lines: Iterable[str]) -> list[Check]:
    """The checks among what a script says; the rest is printed."""
    checks = []
    for line in lines:
        if line.startswith('{"check":'):
            record = json.loads(line)
            checks.append(Check(record["check"], record.get("error", "")))
        else:
            print(line)
    return checks


def install() -> Clients:
    """The packages, in a folder of the virtual environment that is named for the pins."""
    pins = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINS)).hexdigest()[:16]
    folder = Path(sys.prefix) / "npm" / pins
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the test processes of one run start together
        if not folder.exists():
            _install_into(folder)
    return Clients(folder)


def _install_into(folder: Path) -> None:
    unfinished = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for name in PINS:
        shutil.copy(HERE / name, unfinished)
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    ended = _ended(command, cwd=unfinished, timeout=250)
    if ended.returncode:
        shutil.rmtree(unfinished)
        pytest.fail(
            "the official clients could not be installed from the npm registry, so nothing was tried with them "
            f"(npm ci ended with {ended.returncode}):\n{ended.stderr[-2000:]}",
            pytrace=False,
        )
    unfinished.rename(folder)


def _ended(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True, **options)


def _command(script: str) -> list[str]:
    scripts = HERE / "js"
    return [str(node()), "--no-warnings", "--import", str(scripts / "resolve.mjs"), str(scripts / script)]
