"""The official React hooks, rendered in a DOM, with public tokens only."""

from __future__ import annotations

import pytest

from tests.compat.node import Clients
from tests.compat.server import Served

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("react", ["18", "19"])
def test_the_official_hooks_work_with_public_tokens(react: str, served: Served, clients: Clients) -> None:
    checks = clients.run("hooks.mjs", {**served.environment, "REACT": react})
    wrong = [f"{check.name}\n{check.error}" for check in checks if check.error]
    print(f"hooks of React {react} on {served.database}: {len(checks) - len(wrong)} of {len(checks)} checks hold")
    assert not wrong, "\n\n".join(wrong)
