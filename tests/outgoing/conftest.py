"""What the tests of outgoing requests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.outgoing.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A web server of somebody else, on loopback."""
    with receiving() as receiver:
        yield receiver
