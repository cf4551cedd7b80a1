"""A turn that the database gives up, or whose connection breaks, is run again: exactly once, with the right results."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest

from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun
from runcast.store.enqueue import enqueue
from runcast.store.script import Call, Script
from tests.store.postgres.bench import START_MS, Bench, once, raising
from tests.store.postgres.proxy import Fate, Proxy


def _refuse() -> Script[None]:
    yield Call("newest_change", {})
    raise InvalidInput("no")


def _fate_of_commit(proxy: Proxy, fate: Fate) -> None:
    """What becomes of the next commit that passes the proxy."""
    left = [fate]
    proxy.judge = lambda request: left.pop() if left and b"commit\0" in request else Fate.PASS


# --- the backend is gone ---


def test_a_backend_that_is_gone_before_a_turn_costs_nothing(bench: Bench) -> None:
    bench.terminate()
    bench.trigger("a")
    bench.step()
    assert bench.answered() == bench.stored() == bench.facts() == ["a"]


def test_a_backend_that_goes_within_a_turn_has_the_whole_batch_run_again(bench: Bench) -> None:
    bench.trigger("a")
    bench.trigger("b", between=once(bench.terminate))
    bench.trigger("c")
    bench.step()
    assert bench.answered() == bench.stored() == ["a", "b", "c"]
    assert bench.facts() == ["a", "b", "c"]
    assert bench.tries == 5


def test_a_backend_that_goes_before_the_commit_has_the_batch_run_again(bench: Bench) -> None:
    bench.trigger("a")
    bench.faults.next = bench.terminate
    bench.step()
    assert bench.answered() == bench.stored() == bench.facts() == ["a"]
    assert bench.tries == 2


def test_a_backend_that_is_gone_when_a_script_fails_stops_nobody(bench: Bench) -> None:
    def fail() -> Script[None]:
        yield Call("newest_change", {})
        gone()
        raise InvalidInput("no")

    gone = once(bench.terminate)
    bench.submit("bad", fail)
    bench.step()
    assert isinstance(bench.ends["bad"], InvalidInput)
    bench.trigger("a")
    bench.step()
    assert bench.answered() == bench.stored() == ["a"]


def test_beside_a_script_that_fails_a_lost_connection_fails_nobody(bench: Bench) -> None:
    tries = 0

    def at_the_second() -> None:
        nonlocal tries
        tries += 1
        if tries == 2:
            bench.terminate()

    bench.trigger("a", between=at_the_second)
    bench.submit("bad", _refuse)
    bench.trigger("c")
    bench.step()
    assert bench.answered() == bench.stored() == bench.facts() == ["a", "c"]
    assert isinstance(bench.ends["bad"], InvalidInput)


def test_beside_a_script_that_fails_a_lost_commit_fails_nobody(bench: Bench) -> None:
    bench.trigger("a")
    bench.submit("bad", _refuse)
    bench.trigger("c")
    bench.faults.next = bench.terminate
    bench.step()
    assert bench.answered() == bench.stored() == bench.facts() == ["a", "c"]
    assert isinstance(bench.ends["bad"], InvalidInput)


# --- the commit is in doubt ---


def test_a_commit_that_the_server_never_heard_is_run_again(far: Bench, proxy: Proxy) -> None:
    _fate_of_commit(proxy, Fate.LOST)
    far.trigger("a")
    far.step()
    assert far.answered() == far.stored() == far.facts() == ["a"]
    assert far.tries == 2


def test_a_commit_whose_answer_is_lost_is_not_run_again(far: Bench, proxy: Proxy) -> None:
    _fate_of_commit(proxy, Fate.UNANSWERED)
    far.trigger("a")
    far.step()
    assert far.answered() == far.stored() == far.facts() == ["a"]
    assert far.tries == 1


def test_a_commit_in_doubt_is_asked_about_until_the_old_backend_has_ended(far: Bench, proxy: Proxy) -> None:
    _fate_of_commit(proxy, Fate.STRANDED)
    backend = far.session.connection.info.backend_pid
    ends = threading.Timer(0.5, far.ask, [f"select pg_terminate_backend({backend}, 5000)"])
    ends.start()
    far.trigger("a")
    far.step()
    ends.join()
    assert far.answered() == far.stored() == far.facts() == ["a"]
    assert far.tries == 2


def test_a_question_about_a_commit_that_fails_is_asked_again(far: Bench, proxy: Proxy) -> None:
    def judge(request: bytes) -> Fate:
        if b"commit\0" in request and commits:
            return commits.pop()
        if b"pg_xact_status" in request and questions:
            return questions.pop()
        return Fate.PASS

    commits, questions = [Fate.UNANSWERED], [Fate.LOST, Fate.UNANSWERED]
    proxy.judge = judge
    far.trigger("a")
    far.step()
    assert questions == []
    assert far.answered() == far.stored() == far.facts() == ["a"]
    assert far.tries == 1


def test_a_number_that_a_crashed_server_gave_once_more_is_not_taken_for_the_lost_commit(
    far: Bench, proxy: Proxy
) -> None:
    far.trigger("a")
    far.step()
    of_another = far.session._turn[2]

    def judge(request: bytes) -> Fate:
        if b"commit\0" in request and lost:
            number, end, _ = far.session._turn
            far.session._turn = (number, end, of_another)
            return lost.pop()
        return Fate.PASS

    lost = [Fate.LOST]
    proxy.judge = judge
    far.trigger("b")
    far.step()
    assert far.answered() == far.stored() == far.facts() == ["a", "b"]


@pytest.mark.parametrize("deed", [Proxy.cut, Proxy.half_close])
def test_a_network_that_breaks_within_a_turn_has_it_run_again(
    far: Bench, proxy: Proxy, deed: Callable[[Proxy], None]
) -> None:
    far.trigger("a", between=once(lambda: deed(proxy)))
    far.step()
    assert far.answered() == far.stored() == far.facts() == ["a"]


# --- the database gives up ---


@pytest.mark.parametrize("code", ["40001", "40P01", "55P03", "57014", "57P03", "25P03", "25006"])
def test_a_transaction_that_the_database_gave_up_is_run_again(bench: Bench, code: str) -> None:
    bench.trigger("a", between=raising(code, bench))
    bench.trigger("b")
    bench.step()
    assert bench.answered() == bench.stored() == bench.facts() == ["a", "b"]


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_beside_a_script_that_fails_a_transaction_that_was_given_up_fails_nobody(bench: Bench, code: str) -> None:
    bench.submit("bad", _refuse)
    bench.trigger("a", between=raising(code, bench))
    bench.step()
    assert bench.answered() == bench.stored() == bench.facts() == ["a"]


def test_the_victim_of_a_deadlock_runs_again(bench: Bench) -> None:
    bench.trigger("a")
    bench.trigger("b")
    bench.step()
    locked = threading.Event()

    def other() -> None:
        with psycopg.connect(bench.direct) as witness:
            witness.execute("set deadlock_timeout = '60s'")
            witness.execute("update runs set version = version where id = 'run_a'")
            locked.set()
            waits.wait()
            witness.execute("update runs set version = version where id = 'run_b'")

    waits = threading.Event()
    thread = threading.Thread(target=other)

    def collide() -> None:
        bench.session.define(
            "set local deadlock_timeout = '100ms'; update runs set version = version where id = 'run_b'"
        )
        thread.start()
        locked.wait()
        waits.set()
        bench.session.define("update runs set version = version where id = 'run_a'")

    bench.trigger("c", between=once(collide))
    bench.step()
    thread.join()
    assert bench.answered() == bench.stored() == ["a", "b", "c"]


# --- what a value may be ---


def test_a_value_that_the_database_cannot_store_fails_only_its_own_request(bench: Bench) -> None:
    def too_large() -> Script[None]:
        yield Call("take_duty", {"name": "x", "holder": "y", "until": 2**63, "now": 0})

    def half_a_character() -> Script[None]:
        yield from enqueue([NewRun(RunId("run_x"), "work", "null", concurrency_key="\ud800")], START_MS)

    bench.trigger("a")
    bench.submit("large", too_large)
    bench.submit("half", half_a_character)
    bench.trigger("c")
    bench.step()
    assert bench.answered() == bench.stored() == ["a", "c"]
    assert isinstance(bench.ends["large"], InvalidInput)
    assert isinstance(bench.ends["half"], ValueError)
    bench.trigger("d")
    bench.step()
    assert bench.stored() == ["a", "c", "d"]


# --- others ---


def test_what_others_did_is_looked_at_again_after_a_turn_that_failed(bench: Bench, schema: str) -> None:
    bench.trigger("a")
    bench.step()
    other = Bench(schema, schema)
    other.trigger("b")
    other.step()
    other.session.close()
    bench.follower.looks.clear()
    bench.submit("bad", _refuse)
    bench.step()
    assert len(bench.follower.looks) == 2


def test_isolation_does_not_depend_on_the_servers_settings(schema: str, bench: Bench) -> None:
    def look() -> None:
        shown.extend(bench.session.connection.execute(f"show {name}".encode()).fetchone() for name in _SHOWN)

    shown: list[object] = []
    bench.ask("alter role postgres set default_transaction_isolation = 'serializable'")
    bench.ask("alter role postgres set bytea_output = 'escape'")
    try:
        bench.terminate()
        bench.trigger("a", between=look)
        bench.step()
    finally:
        bench.ask("alter role postgres reset all")
    assert shown == [("read committed",), ("hex",), ("UTF8",)]


_SHOWN = ("transaction_isolation", "bytea_output", "client_encoding")
