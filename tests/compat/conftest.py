"""A real server on each kind of database, with the tasks of `compat_app.py`, and Node with the official clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compat.node import Clients, install
from tests.compat.server import Served, serving

collect_ignore_glob = ["*_app.py"]


@pytest.fixture(scope="session")
def clients() -> Clients:
    """The packages that `package-lock.json` pins."""
    return install()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that all tests of one process share."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    with serving(folder, request) as server:
        yield server
