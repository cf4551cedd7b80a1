"""The app of worker processes in `test_blocked_loop`."""

from __future__ import annotations

from runcast.sdk.registry import registry
from tests.worker.blocking import REGISTRY

for definition in REGISTRY:
    registry.add(definition)
