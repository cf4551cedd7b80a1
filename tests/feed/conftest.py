"""The feed is tested on the engine's house."""

from tests.engine.conftest import house

__all__ = ["house"]
