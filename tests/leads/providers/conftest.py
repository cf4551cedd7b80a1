"""What the tests of the providers share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.leads.fakes.all import Fakes, faked


@pytest.fixture
def fakes() -> Iterator[Fakes]:
    """A fake of every provider."""
    with faked() as found:
        yield found
