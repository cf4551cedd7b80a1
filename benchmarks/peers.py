"""The peers' own environment: pinned packages that Runcast itself does not need, installed when they are asked for."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv

from benchmarks.lab import ROOT

REQUIREMENTS = ROOT / "requirements" / "bench.txt"
ENVIRONMENT = ROOT / ".venv-bench"
PYTHON = ENVIRONMENT / "bin" / "python"
_STAMP = ENVIRONMENT / "requirements.sha256"


class PeersUnavailable(Exception):
    """The peers' packages could not be installed; the message says why."""


def ensure_installed() -> None:
    """Install the pinned peers, unless these very pins are installed already."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if _STAMP.exists() and _STAMP.read_text() == wanted:
        return
    print(f"installing the peers into {ENVIRONMENT.name} …", file=sys.stderr)
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    (ENVIRONMENT / ".gitignore").write_text("*\n")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    installed = subprocess.run([*command, "-r", str(REQUIREMENTS)], capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        raise PeersUnavailable(installed.stderr.strip()[-1000:])
    _STAMP.write_text(wanted)
