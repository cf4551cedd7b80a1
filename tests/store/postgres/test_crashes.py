"""What a crash of the server may undo, and what not; how long a database is waited for, and what is said then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from runcast.clock import ManualClock, SystemClock
from runcast.domain.errors import Unavailable
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun
from runcast.store import doctor
from runcast.store.enqueue import enqueue
from runcast.store.opening import open_store
from runcast.store.postgres.bell import Bell
from runcast.store.postgres.database import PostgresDatabase
from runcast.store.script import Call, Script
from runcast.store.store import Store
from tests.store.postgres.bench import START_MS, Bench, once
from tests.store.postgres.proxy import Proxy
from tests.store.postgres.server import PostgresServer

pytestmark = pytest.mark.slow


def _nothing() -> Script[None]:
    yield Call("newest_change", {})


def _crash(server: PostgresServer, times: int = 1) -> None:
    for _ in range(times):
        server.crash()
        server.start()


# --- what a crash may undo ---


def test_a_commit_that_somebody_hears_of_survives_a_crash_though_it_is_lazy(
    bench: Bench, durable_server: PostgresServer
) -> None:
    bench.trigger("a", lazy=True)
    bench.step()
    _crash(durable_server)
    assert bench.stored() == ["a"]


def test_what_a_lazy_commit_has_claimed_survives_a_crash(bench: Bench, durable_server: PostgresServer) -> None:
    bench.submit("ring", _nothing, lazy=True)
    bench.follower.scripts = [partial(enqueue, [NewRun(RunId("run_a"), "work", "null")], START_MS)]
    bench.step()
    _crash(durable_server)
    assert bench.stored() == ["a"]


def test_numbers_of_the_feed_that_are_given_once_more_are_not_overlooked(
    bench: Bench, schema: str, durable_server: PostgresServer
) -> None:
    bench.trigger("a")
    bench.step()
    with psycopg.connect(schema) as other:
        other.execute("select nextval('changes_seq_seq') from generate_series(1, 100)")
        other.rollback()
    bench.submit("ring", _nothing, lazy=True)
    bench.step()
    _crash(durable_server)
    second = Bench(schema, schema)
    second.trigger("b")
    second.step()
    second.session.close()
    ((b,),) = bench.ask("select seq from changes where run_id = 'run_b'")
    bench.trigger("c")
    bench.step()
    assert bench.follower.looks[-1] < b


def test_a_crash_within_a_turn_has_it_run_again(bench: Bench, durable_server: PostgresServer) -> None:
    bench.trigger("a", between=once(partial(_crash, durable_server)))
    bench.step()
    assert bench.answered() == bench.stored() == bench.facts() == ["a"]


async def test_crashes_under_load_lose_and_repeat_nothing(schema: str, durable_server: PostgresServer) -> None:
    store = open_store(schema, SystemClock())
    crashes = threading.Thread(target=_crash, args=(durable_server, 3))
    try:
        crashes.start()
        number = 0
        while crashes.is_alive():
            writes = [
                store.write(partial(enqueue, [NewRun(RunId(f"run_{number + more}"), "work", "null")], START_MS))
                for more in range(20)
            ]
            for more, write in enumerate(writes):
                (answer,) = await write
                assert answer.id == f"run_{number + more}"
            number += len(writes)
        crashes.join()
        assert await store.read(doctor.examine) == []
        found = await store.read(partial(_count_of, "newest_change"))
    finally:
        store.close()
    with psycopg.connect(schema) as witness:
        assert witness.execute("select count(*), count(distinct run_id) from changes").fetchone() == (number, number)
        assert witness.execute("select count(*) from runs").fetchone() == (number,)
    assert found >= number


def _count_of(name: str) -> Script[int]:
    found: int = yield Call(name, {})
    return found


# --- how long it is waited for ---


@pytest.fixture
def impatient(schema: str, durable_server: PostgresServer) -> Iterator[Bench]:
    """Its server is down; afterwards it is up again."""
    bench = Bench(schema, schema, patience_s=0.3)
    durable_server.crash()
    yield bench
    durable_server.start()
    bench.session.close()


def test_patience_runs_out_once_for_a_whole_batch(impatient: Bench, durable_server: PostgresServer) -> None:
    for name in "abc":
        impatient.trigger(name)
    impatient.step()
    said = impatient.refused()
    assert sorted(said) == ["a", "b", "c"]
    assert len(set(said.values())) == 1
    assert "postgresql://postgres:***@127.0.0.1" in said["a"]
    assert "secret" not in said["a"]
    assert "is the server running" in said["a"]
    assert "It has been tried for" in said["a"]


def test_after_patience_ran_out_it_is_tried_once_for_each_batch(
    impatient: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    impatient.trigger("a")
    impatient.step()
    caplog.set_level("INFO", "runcast.store")
    for name in "bc":
        caplog.clear()
        impatient.trigger(name)
        impatient.step()
        assert len([record for record in caplog.records if "cannot reach" in record.message]) == 1
    assert sorted(impatient.refused()) == ["a", "b", "c"]


def test_after_patience_ran_out_the_writer_goes_on(impatient: Bench, durable_server: PostgresServer) -> None:
    impatient.trigger("a")
    impatient.step()
    durable_server.start()
    impatient.trigger("b")
    impatient.step()
    durable_server.crash()
    assert sorted(impatient.refused()) == ["a"]
    assert impatient.answered() == ["b"]


def test_a_commit_that_nobody_can_be_asked_about_is_unavailable(schema: str, durable_server: PostgresServer) -> None:
    bench = Bench(schema, schema, patience_s=0.3)
    bench.trigger("a")
    bench.faults.next = durable_server.crash
    bench.step()
    durable_server.start()
    assert sorted(bench.refused()) == ["a"]
    assert bench.stored() == []
    bench.trigger("a again")
    bench.step()
    bench.session.close()


async def test_a_read_that_always_dies_is_told_of(schema: str) -> None:
    def slow() -> Script[None]:
        yield Call("newest_change", {})
        session.connection.execute("set statement_timeout = '20ms'; select pg_sleep(1)")

    database = PostgresDatabase(schema, patience_s=0.3)
    store = Store(database, ManualClock())
    try:
        session = database.open_reader()
        database.open_reader = lambda: session  # type: ignore[method-assign]
        with pytest.raises(Unavailable, match="statement timeout"):
            await store.read(slow)
        assert await store.read(partial(_count_of, "newest_change")) == 0
    finally:
        store.close()


# --- a server that only reads ---


def test_a_standby_is_refused_with_what_to_do(schema: str, bench: Bench) -> None:
    bench.ask("alter role postgres set default_transaction_read_only = on")
    try:
        with pytest.raises(Unavailable, match="It is a standby: name the primary"):
            PostgresDatabase(schema).open(ManualClock())
    finally:
        bench.ask("set transaction_read_only = off; alter role postgres reset all")


def test_a_primary_that_became_a_standby_is_left_for_the_next(schema: str, bench: Bench) -> None:
    bench.trigger("a")
    bench.step()
    bench.ask("alter role postgres set default_transaction_read_only = on")
    bench.terminate()
    promoted = threading.Timer(0.3, bench.ask, ["set transaction_read_only = off; alter role postgres reset all"])
    promoted.start()
    bench.trigger("b")
    bench.step()
    promoted.join()
    assert bench.answered() == bench.stored() == ["a", "b"]


# --- the bell ---


def test_what_happens_while_the_bell_is_silent_is_looked_at(schema: str, bench: Bench) -> None:
    """The turn that others had before the bell listens again would be unheard by everybody."""
    rung = threading.Event()
    listening = threading.Event()
    database = PostgresDatabase(schema)

    def connect() -> psycopg.Connection:
        connection = database.connect()
        listening.set()
        return connection

    def ring(_queues: bool) -> None:
        rung.set()

    bell = Bell(connect, ring)
    bell.start()
    try:
        assert rung.wait(5)
        for _ in range(2):
            listening.clear()
            bench.ask(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                "where pid <> pg_backend_pid() and query like '%changes_seq_seq%'"
            )
            assert listening.wait(5)
            rung.clear()
            assert rung.wait(5)
    finally:
        bell.close()


def test_a_bell_rings_though_the_network_is_cut(far: Bench, proxy: Proxy, schema: str) -> None:
    heard = threading.Event()
    one = Bell(far.database.connect, lambda _queues: None)
    other = Bell(PostgresDatabase(schema).connect, lambda queues: heard.set() if queues else None)
    one.start()
    other.start()
    try:
        assert heard.wait(5)
        for _ in range(2):
            proxy.cut()
            heard.clear()
            one.ring(True)
            assert heard.wait(5)
    finally:
        one.close()
        other.close()
