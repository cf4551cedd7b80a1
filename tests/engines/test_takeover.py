"""A worker whose server went is somebody else at another server, and brings back what it held."""

from __future__ import annotations

import pytest

from runcast.domain.ids import WorkerId
from runcast.domain.outcome import Succeeded
from runcast.gateway import Demand, Hello, TaskInfo
from tests.engine.house import Received
from tests.engines.conftest import Pair
from tests.engines.pair import one

pytestmark = pytest.mark.anyio


async def test_what_a_worker_held_goes_on_at_once_when_it_comes_back_at_another_engine(pair: Pair) -> None:
    a, b = pair
    before, inbox_a = await a.open("before")
    await a.trigger()
    [held] = inbox_a.take()
    inbox = Received()
    hello = Hello(WorkerId("after"), (TaskInfo("work", "work"),), was=WorkerId("before"))
    session = await b.engine.open(hello, inbox)
    session.demand(Demand({"async": 1}))
    again = await one(b, inbox)
    assert (again.run_id, again.epoch, again.deaths) == (held.run_id, held.epoch + 1, 0)
    assert (await a.end(before, held, Succeeded("1"))).lost
    assert not (await b.end(session, again, Succeeded("2"))).lost
    await before.close()
    assert (await b.run_of(again)).output == "2"


async def test_a_worker_that_was_nobody_known_is_served_all_the_same(pair: Pair) -> None:
    a, _ = pair
    inbox = Received()
    hello = Hello(WorkerId("new"), (TaskInfo("work", "work"),), was=WorkerId("unknown"))
    session = await a.engine.open(hello, inbox)
    session.demand(Demand({"async": 1}))
    await a.trigger()
    assert len(inbox.take()) == 1
