"""`make golden`: the golden journals on every Python at hand that Runcast supports, each in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OLDEST = (3, 11)
NEEDED = ["msgspec", "apsw", "pydantic", "pytest", "anyio", "hypothesis"]


def interpreters() -> dict[tuple[int, int], str]:
    """Minor version to interpreter: from the path, and from pyenv."""
    names = [f"python3.{minor}" for minor in range(OLDEST[1], 30)]
    found = [path for name in names if (path := shutil.which(name))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found += [str(path) for path in sorted(pyenv.glob("*/bin/python"))]
    return {version: path for path in found if (version := _version(path)) is not None and version >= OLDEST}


def _version(interpreter: str) -> tuple[int, int] | None:
    """The minor version, None for a name without an interpreter behind it."""
    ask = [interpreter, "-c", "import sys; print(*sys.version_info[:2])"]
    answer = subprocess.run(ask, capture_output=True, text=True, check=False)
    if answer.returncode:
        return None
    major, minor = answer.stdout.split()
    return int(major), int(minor)


def check(version: tuple[int, int], interpreter: str) -> int:
    """The exit code of the golden tests on this interpreter."""
    home = ROOT / f".venv-golden-{version[0]}.{version[1]}"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([interpreter, "-m", "venv", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *NEEDED], check=True)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    tests: list[str | Path] = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/golden"]
    return subprocess.run(tests, cwd=ROOT, env=environment, check=False).returncode


def main() -> int:
    """1 if a Python gives other journals."""
    broken = 0
    for version, interpreter in sorted(interpreters().items()):
        sys.stdout.write(f"Python {version[0]}.{version[1]}: ")
        sys.stdout.flush()
        broken += check(version, interpreter) != 0
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
