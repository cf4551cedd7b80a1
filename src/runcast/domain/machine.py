"""Machines: labels that say which workers may take a run. The presets have a known size; other labels are free."""

from __future__ import annotations

import msgspec

from runcast.domain.errors import InvalidInput
from runcast.domain.limits import MACHINE_CHARS_MAX


class Size(msgspec.Struct, frozen=True):
    """What a preset stands for."""

    cpu: float
    """Virtual processors."""
    memory_gb: float


PRESETS = {
    "micro": Size(0.25, 0.25),
    "small-1x": Size(0.5, 0.5),
    "small-2x": Size(1, 1),
    "medium-1x": Size(1, 2),
    "medium-2x": Size(2, 4),
    "large-1x": Size(4, 8),
    "large-2x": Size(8, 16),
}
"""The closed set of the wire. A worker on your own machine serves whichever you say it does."""


def check_machine(machine: str | None) -> None:
    """Raise `InvalidInput` unless it is a label.

    >>> check_machine("large-1x")
    """
    if machine is None:
        return
    if not isinstance(machine, str) or not machine.isprintable() or not 0 < len(machine) <= MACHINE_CHARS_MAX:
        raise InvalidInput(f"a machine is a label of 1 to {MACHINE_CHARS_MAX} printable characters, got {machine!r}")
