"""Worlds end in the middle of things: their garbage goes before another test begins."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _swept() -> Iterator[None]:
    yield
    gc.collect()
