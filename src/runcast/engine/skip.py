"""Going on past a step that failed: a person says what its result is."""

from __future__ import annotations

from functools import partial

from runcast.domain.errors import Conflict, NotFound
from runcast.domain.ids import RunId
from runcast.domain.limits import PAYLOAD_BYTES_MAX
from runcast.domain.run import Triggered
from runcast.engine.again import resume_run
from runcast.engine.enqueue import check_json
from runcast.store import blobs, reads
from runcast.store.rows import Place
from runcast.store.script import Script, call
from runcast.store.store import Store


async def skip(store: Store, run_id: RunId, new_id: RunId, key: str, value: str) -> Triggered:
    """Resume a run as if the entry `key` had been done with `value`. Raises `NotFound`, and `Conflict` as `resume` does."""
    check_json("value", value, PAYLOAD_BYTES_MAX)
    return await store.write(partial(_skip, run_id, new_id, key, value, store.clock.now_ms()))


def _skip(run_id: RunId, new_id: RunId, key: str, value: str, now: int) -> Script[Triggered]:
    run = yield from reads.find_run(run_id)
    if run is not None and not run.is_final:
        raise Conflict(f"run {run_id} is {run.label.lower()}: a step is skipped when its run has ended")
    triggered = yield from resume_run(run_id, new_id, now)
    found: list[Place] = yield call("find_skippable", run_id=new_id, key=key)
    exact = [place for place in found if place.key == key] or found
    if len(exact) != 1:
        count = f"{len(exact)} entries that failed are" if exact else "no entry that failed is"
        raise NotFound(f"in the journal of run {run_id} {count} named {key!r}")
    stored = yield from blobs.stow(new_id, value, f"result of {key}")
    yield call("set_result", run_id=new_id, key=exact[0].key, value=stored, now=now)
    return triggered
