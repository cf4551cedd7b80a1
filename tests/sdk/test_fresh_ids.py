"""New ids: in order, and given out once, also by a process that forks."""

from __future__ import annotations

import os

import pytest

from runcast.sdk.fresh_ids import fresh_id, fresh_ids


def test_ids_of_a_batch_sort_in_their_order_and_differ() -> None:
    ids = fresh_ids("run", 2_000)
    assert ids == sorted(ids)
    assert len(set(ids) | {fresh_id("run") for _ in range(2_000)}) == 4_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_gives_out_other_ids_than_its_parent() -> None:
    fresh_id("run")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, fresh_id("run").encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    # The time may be the same: the chance must not be.
    assert os.read(reading, 100).decode()[-11:] != fresh_id("run")[-11:]
    os.close(reading)
