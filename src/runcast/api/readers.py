"""Who may read which run, from memory: a client that polls asks it again and again, and what decides it does not change."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from runcast.api.caller import Caller
from runcast.domain.run import Run

RUNS_MAX = 20_000


class _Known(msgspec.Struct, frozen=True, gc=False):
    environment: str
    resources: tuple[str, ...]


class Readers:
    """Environment, task, batch and tags of the runs that were read last. A run may get more tags, and loses none."""

    def __init__(self, runs_max: int = RUNS_MAX) -> None:
        self._runs: OrderedDict[str, _Known] = OrderedDict()
        self._runs_max = runs_max

    def may_read(self, caller: Caller, run_id: str) -> bool:
        """False: no, or the run has to be read to say it."""
        known = self._runs.get(run_id)
        return known is not None and known.environment == caller.environment and caller.may("read", known.resources)

    def require(self, caller: Caller, run: Run) -> None:
        """Raises a 403. The run is of the caller's environment."""
        known = _Known(run.environment, run_resources(run))
        self._runs[run.id] = known
        self._runs.move_to_end(run.id)
        if len(self._runs) > self._runs_max:
            self._runs.popitem(last=False)
        caller.require("read", *known.resources)


def run_resources(run: Run) -> tuple[str, ...]:
    """What a scope may name to cover a run."""
    batch = () if run.batch_id is None else (f"batch:{run.batch_id}",)
    return (f"runs:{run.id}", f"tasks:{run.task}", *(f"tags:{tag}" for tag in run.tags), *batch)
