"""An outbox is relayed: in order, each row once, whatever breaks in between; what cannot be carried out harms nobody."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from runcast.domain.errors import InvalidInput, Unavailable
from runcast.domain.journal import NewWait
from runcast.domain.limits import OUTBOX_LOOK_MS, OUTBOX_ROWS, PAYLOAD_BYTES_MAX, RELAYED_MS
from runcast.domain.outbox import COMPLETE_WAIT, TABLE, TRIGGER
from runcast.domain.queue import QueueSettings
from runcast.domain.run import NewRun
from runcast.engine.relay import Relay
from runcast.gateway import RunFilter
from runcast.sdk import outbox as sdk
from runcast.sdk.outbox_connections import insert
from runcast.store.outboxes import Outbox, open_outbox
from runcast.store.rows import Name
from runcast.store.script import Script, call
from tests.engine.house import House


class Desk:
    """A user's database."""

    def __init__(self, connection: Any, address: str) -> None:
        self.connection = connection
        self.address = address
        self.outbox = open_outbox(address)
        sdk.create(connection)
        connection.commit()

    def trigger(self, *runs: NewRun, commit: bool = True) -> None:
        for run in runs:
            self.write(TRIGGER, run.id, msgspec.json.encode(run).decode(), commit=False)
        if commit:
            self.connection.commit()

    def write(self, kind: str, id: str, body: str, *, commit: bool = True) -> None:
        insert(self.connection, (kind, id, body, 0))
        if commit:
            self.connection.commit()

    def rows(self) -> list[tuple[str, str | None]]:
        found = self.connection.execute(f"select id, reason from {TABLE} order by seq").fetchall()
        self.connection.commit()
        return found

    def close(self) -> None:
        self.outbox.close()
        self.connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    if request.param == "postgres":
        address = request.getfixturevalue("postgres")
        desk = Desk(psycopg.connect(address), address)
    else:
        desk = Desk(sqlite3.connect(tmp_path / "app.db"), f"sqlite:///{tmp_path}/app.db")
    yield desk
    desk.close()


@pytest.fixture
def relay(house: House, desk: Desk) -> Iterator[Relay]:
    relay = Relay(house.store, desk.outbox)
    yield relay
    relay.close()


async def tasks_of_runs(house: House) -> list[str]:
    """In the order in which they were stored."""
    runs = (await house.engine.list_runs(RunFilter(), limit=1000)).runs
    return [run.task for run in sorted(runs, key=lambda run: run.id)]


async def test_committed_rows_become_runs_in_their_order_and_go(house: House, desk: Desk, relay: Relay) -> None:
    await house.open(room=0)
    news = [house.new(payload=str(number)) for number in range(3)]
    desk.trigger(*news)
    assert await relay.tick(0) == 0, "there may be more"
    session, inbox = await house.open("w2")
    assert [(run.run_id, run.payload) for run in inbox.take()] == [(new.id, new.payload) for new in news]
    assert desk.rows() == []
    assert await relay.tick(0) == OUTBOX_LOOK_MS
    await session.close()


async def test_what_is_not_committed_or_rolled_back_never_happens(house: House, desk: Desk, relay: Relay) -> None:
    desk.trigger(house.new(), commit=False)
    await relay.tick(0)
    assert await tasks_of_runs(house) == []
    desk.connection.rollback()
    await relay.tick(0)
    assert await tasks_of_runs(house) == []


async def test_more_rows_than_one_tick_takes(house: House, desk: Desk, relay: Relay) -> None:
    desk.trigger(*[house.new() for _ in range(OUTBOX_ROWS + 3)])
    while await relay.tick(0) == 0:
        pass
    assert desk.rows() == []
    pages = await house.engine.list_runs(RunFilter(), limit=1000)
    assert len(pages.runs) == OUTBOX_ROWS + 3


async def test_one_tick_takes_no_more_bytes_than_memory_should_hold(house: House, desk: Desk, relay: Relay) -> None:
    large = f'"{"x" * (PAYLOAD_BYTES_MAX - 2)}"'
    news = [house.new(payload=large) for _ in range(4)]
    desk.trigger(*news)
    await relay.tick(0)
    assert [id for id, _ in desk.rows()] == [new.id for new in news[2:]]
    await relay.tick(0)
    assert desk.rows() == []
    assert len(await tasks_of_runs(house)) == 4


class Broken:
    """An outbox whose next `settle` fails: the process died, or the database was gone."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.name = outbox.name
        self.take = outbox.take
        self.release = outbox.release
        self.close = outbox.close
        self.fails = True

    def settle(self, done: Sequence[int], refused: Sequence[tuple[int, str]]) -> None:
        if self.fails:
            self._outbox.close()
            raise Unavailable("gone")
        self._outbox.settle(done, refused)


async def test_rows_that_were_carried_out_but_not_deleted_are_not_carried_out_again(
    house: House, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = house.new(), house.new(idempotency_key="once")
    desk.trigger(first, second)
    broken = Broken(desk.outbox)
    relay = Relay(house.store, broken)
    with pytest.raises(Unavailable):
        await relay.tick(0)
    assert len(desk.rows()) == 2
    # Long after: the runs ended and were removed, and the key was free again.
    await house.engine.cancel([first.id, second.id])
    house.clock.advance(RELAYED_MS - 1)
    assert await house.engine.prune(house.clock.now_ms()) == 2
    assert await tasks_of_runs(house) == []
    broken.fails = False
    desk.trigger(house.new("later"))
    await relay.tick(0)
    assert (desk.rows(), await tasks_of_runs(house)) == ([], ["later"])
    relay.close()


async def test_a_run_that_exists_counts_as_done(house: House, desk: Desk, relay: Relay) -> None:
    new = house.new()
    await house.engine.trigger([new])
    desk.trigger(new, house.new("other"), new)
    await relay.tick(0)
    assert (desk.rows(), await tasks_of_runs(house)) == ([], ["work", "other"])


async def test_what_was_relayed_long_ago_is_forgotten(house: House, desk: Desk, relay: Relay) -> None:
    early, late = house.new(), house.new()
    desk.trigger(early)
    await relay.tick(0)
    house.clock.advance(RELAYED_MS + 1)
    desk.trigger(late)
    await relay.tick(0)

    def remembered() -> Script[list[Name]]:
        return (yield call("relayed", ids=[[early.id], [late.id]]))

    assert [row.name for row in await house.store.read(remembered)] == [late.id]


async def test_two_relays_of_one_outbox_start_each_run_once(house: House, desk: Desk) -> None:
    relays = [Relay(house.store, desk.outbox), Relay(house.store, open_outbox(desk.address))]
    news = [house.new() for _ in range(40)]
    for at in range(0, 40, 4):
        desk.trigger(*news[at : at + 4])
        await asyncio.gather(*(relay.tick(0) for relay in relays))
    while desk.rows():
        await asyncio.gather(*(relay.tick(0) for relay in relays))
    found = (await house.engine.list_runs(RunFilter(), limit=100)).runs
    assert sorted(run.id for run in found) == sorted(new.id for new in news)
    for relay in relays:
        relay.close()


async def test_the_rows_of_a_standing_transaction_come_later_though_their_number_is_lower(
    house: House, postgres: str
) -> None:
    desk, other = Desk(psycopg.connect(postgres), postgres), psycopg.connect(postgres)
    relay = Relay(house.store, desk.outbox)
    early, late = house.new("early"), house.new("late")
    insert(other, (TRIGGER, early.id, msgspec.json.encode(early).decode(), 0))
    desk.trigger(late)
    await relay.tick(0)
    assert await tasks_of_runs(house) == ["late"]
    other.commit()
    await relay.tick(0)
    assert sorted(await tasks_of_runs(house)) == ["early", "late"]
    other.close()
    relay.close()
    desk.close()


# --- waits


async def test_a_wait_is_completed_once_and_by_the_first(house: House, desk: Desk, relay: Relay) -> None:
    wait = await house.engine.create_wait(NewWait("waitpoint_1"))
    desk.write(COMPLETE_WAIT, wait.id, '"yes"')
    desk.write(COMPLETE_WAIT, wait.id, '"no"')
    await relay.tick(0)
    found = await house.engine.find_wait(wait.id)
    assert found is not None
    assert (found.status, found.value, desk.rows()) == ("COMPLETED", '"yes"', [])


# --- what the engine refuses


POISON: dict[str, tuple[str, str, str, str]] = {
    "no such wait": (COMPLETE_WAIT, "waitpoint_none", "1", "no wait waitpoint_none"),
    "a value that is no JSON": (COMPLETE_WAIT, "waitpoint_1", "yes", "not JSON"),
    "another kind": ("dance", "x", "{}", "'dance'"),
    "no run": (TRIGGER, "run_x", "{}", "id"),
    "no JSON": (TRIGGER, "run_x", "]", "JSON"),
    "a payload that is no JSON": (TRIGGER, "run_x", '{"id":"run_x","task":"work","payload":"]"}', "payload"),
    "a task without a name": (TRIGGER, "run_x", '{"id":"run_x","task":""}', "name"),
    "too deep": (TRIGGER, "run_x", '{"id":"run_x","task":"work","depth":99}', "generations deep"),
}


@pytest.mark.parametrize("what", POISON)
async def test_what_cannot_be_carried_out_is_told_once_and_set_aside(
    house: House, desk: Desk, relay: Relay, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    kind, id, body, reason = POISON[what]
    desk.trigger(house.new("before"))
    desk.write(kind, id, body)
    desk.trigger(house.new("after"))
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            await relay.tick(0)
    assert await tasks_of_runs(house) == ["before", "after"]
    [(aside, why)] = desk.rows()
    assert aside == id
    assert why is not None
    assert reason in why
    [record] = caplog.records
    assert reason in record.getMessage()


async def test_what_was_set_aside_is_carried_out_when_its_reason_is_taken_away(
    house: House, desk: Desk, relay: Relay
) -> None:
    desk.write(COMPLETE_WAIT, "waitpoint_1", "1")
    await relay.tick(0)
    await house.engine.create_wait(NewWait("waitpoint_1"))
    desk.connection.execute(f"update {TABLE} set reason = null")
    desk.connection.commit()
    await relay.tick(0)
    found = await house.engine.find_wait("waitpoint_1")
    assert (found is not None and found.status, desk.rows()) == ("COMPLETED", [])


async def test_no_queue_is_too_full_for_what_is_committed(house: House, desk: Desk, relay: Relay) -> None:
    await house.open(room=0, queue=QueueSettings("work", max_length=1))
    desk.trigger(*[house.new() for _ in range(3)])
    await relay.tick(0)
    assert (len(await tasks_of_runs(house)), desk.rows()) == (3, [])


# --- what is not there


async def test_an_outbox_without_its_table_says_what_to_do_and_works_once_it_is_there(
    house: House, desk: Desk, relay: Relay
) -> None:
    desk.connection.execute(f"drop table {TABLE}")
    desk.connection.commit()
    with pytest.raises(Unavailable, match=r"runcast\.outbox\.create"):
        await relay.tick(0)
    sdk.create(desk.connection)
    desk.trigger(house.new())
    await relay.tick(0)
    assert await tasks_of_runs(house) == ["work"]


async def test_a_file_that_is_not_there_is_not_made(house: House, tmp_path: Path) -> None:
    relay = Relay(house.store, open_outbox(f"sqlite:///{tmp_path}/none.db"))
    with pytest.raises(Unavailable, match=r"none\.db"):
        await relay.tick(0)
    assert not (tmp_path / "none.db").exists()
    with sqlite3.connect(tmp_path / "none.db") as connection:
        sdk.create(connection)
    connection.close()
    assert await relay.tick(0) == OUTBOX_LOOK_MS
    relay.close()


async def test_a_file_that_was_replaced_is_read_anew(house: House, tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    desks = [Desk(sqlite3.connect(path), str(path))]
    relay = Relay(house.store, desks[0].outbox)
    await relay.tick(0)
    path.unlink()
    desks.append(Desk(sqlite3.connect(path), str(path)))
    desks[1].trigger(house.new())
    await relay.tick(0)
    assert await tasks_of_runs(house) == ["work"]
    relay.close()
    for desk in desks:
        desk.close()


async def test_a_connection_that_was_lost_is_made_anew(house: House, postgres: str) -> None:
    desk = Desk(psycopg.connect(postgres), postgres)
    relay = Relay(house.store, desk.outbox)
    await relay.tick(0)
    desk.connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'runcast outbox'"
    )
    desk.trigger(house.new())
    with pytest.raises(Unavailable, match="cannot read the outbox"):
        await relay.tick(0)
    await relay.tick(0)
    assert await tasks_of_runs(house) == ["work"]
    relay.close()
    desk.close()


async def test_a_reader_is_not_kept_waiting_by_a_user_who_writes(house: House, tmp_path: Path) -> None:
    desk = Desk(sqlite3.connect(tmp_path / "app.db", isolation_level=None), str(tmp_path / "app.db"))
    relay = Relay(house.store, desk.outbox)
    desk.connection.execute("begin immediate")
    desk.trigger(house.new(), commit=False)
    assert await relay.tick(0) == OUTBOX_LOOK_MS
    desk.connection.execute("commit")
    await relay.tick(0)
    assert await tasks_of_runs(house) == ["work"]
    relay.close()
    desk.close()


def test_other_addresses_are_refused() -> None:
    with pytest.raises(InvalidInput, match="mysql"):
        open_outbox("mysql://db/app")
