"""A new server process takes up where the old one was, for the official clients too."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.compat.node import Clients, read_checks
from tests.compat.server import developing

pytestmark = pytest.mark.slow


def test_who_follows_a_run_does_not_notice_that_its_server_is_started_anew(tmp_path: Path, clients: Clients) -> None:
    with ExitStack() as script:
        with developing(tmp_path) as before:
            said = script.enter_context(clients.start("restart.mjs", before.environment))
            assert next(said) == "stop"
        with developing(tmp_path, port=urlsplit(before.url).port or 0):
            checks = read_checks(said)
    assert len(checks) == 2 and not [check for check in checks if check.error], checks
