"""Testing tasks: the real engine, whose clock moves only when the test says so, and which can be crashed anywhere."""

from __future__ import annotations

from runcast.testing.crash import CrashReport, NotCrashSafe, assert_crash_safe
from runcast.testing.engine import TestEngine, run_inline
from runcast.testing.ledger import Ledger
from runcast.testing.virtual import VirtualClock, virtual_time

__all__ = [
    "CrashReport",
    "Ledger",
    "NotCrashSafe",
    "TestEngine",
    "VirtualClock",
    "assert_crash_safe",
    "run_inline",
    "virtual_time",
]
