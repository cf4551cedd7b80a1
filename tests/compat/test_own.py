"""Our own client for browsers and our React hooks, with public tokens only."""

from __future__ import annotations

import pytest

from tests.compat.node import Clients
from tests.compat.server import Served

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("react", ["18", "19"])
def test_our_own_hooks_work_with_public_tokens(react: str, served: Served, clients: Clients) -> None:
    checks = clients.run("own.mjs", {**served.environment, "REACT": react})
    wrong = [f"{check.name}\n{check.error}" for check in checks if check.error]
    assert not wrong, "\n\n".join(wrong)
