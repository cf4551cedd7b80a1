"""The official SDK, unchanged, against a server on each kind of database."""

from __future__ import annotations

import pytest

from tests.compat.node import Clients
from tests.compat.server import Served

pytestmark = pytest.mark.slow

AREAS = (
    "trigger", "lifecycle", "lists", "batches", "realtime", "streams", "waits", "schedules", "queues", "tokens", "envvars", "alerts",
)  # fmt: skip


@pytest.mark.parametrize("area", AREAS)
def test_the_official_sdk_works_unchanged(area: str, served: Served, clients: Clients) -> None:
    checks = clients.run(f"{area}.mjs", served.environment)
    wrong = [f"{check.name}\n{check.error}" for check in checks if check.error]
    print(f"{area} on {served.database}: {len(checks) - len(wrong)} of {len(checks)} checks hold")
    assert not wrong, "\n\n".join(wrong)
