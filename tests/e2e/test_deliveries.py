"""Alerts outlive the server that raised them: killed in the middle of telling, another goes on; at least once, by one id."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from runcast.domain.delivery import Delivery, DeliveryStatus
from runcast.domain.limits import DELIVERY_LEASE_MS
from runcast.store import deliveries
from runcast.store.deliveries import DeliveryFilter
from runcast.store.opening import open_store
from tests.e2e.deliveries_app import ERRORS
from tests.outgoing.receiver import Received, Receiver, Reply, receiving

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0


class App:
    """A server in a process of its own."""

    def __init__(self, database: str, receiver: Receiver) -> None:
        command = [sys.executable, "-m", "tests.e2e.deliveries_app", database, receiver.url]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.expect("ready")

    def expect(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == word

    def fail(self, count: int) -> None:
        """Raise so many alerts."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"fail {count}\n")
        self.process.stdin.flush()
        self.expect("failed")

    def kill(self) -> None:
        self.process.kill()
        self._wait()

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self._wait()

    def _wait(self) -> None:
        self.process.wait(PATIENCE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@contextmanager
def running(database: str, receiver: Receiver) -> Iterator[App]:
    app = App(database, receiver)
    try:
        yield app
    finally:
        if app.process.poll() is None:
            app.stop()


def stored(database: str) -> tuple[Delivery, ...]:
    """The deliveries, once no server has the file."""

    async def read() -> tuple[Delivery, ...]:
        from runcast.clock import SystemClock

        store = open_store(database, SystemClock())
        try:
            return await store.read(partial(deliveries.list_deliveries, DeliveryFilter(environment="dev")))
        finally:
            await asyncio.to_thread(store.close)

    return asyncio.run(read())


def ids(requests: list[Received]) -> set[str]:
    return {json.loads(one.body)["id"] for one in requests}


def test_a_server_that_is_killed_while_it_tells_leaves_the_rest_to_the_next(tmp_path: Path, receiver: Receiver) -> None:
    database = str(tmp_path / "runcast.db")
    hold = threading.Event()

    def answer_never(_: Received) -> Reply:
        hold.wait(PATIENCE_S)
        return Reply()

    receiver.answer = answer_never
    with running(database, receiver) as app:
        app.fail(1)
        first = receiver.next()
        app.kill()
    hold.set()
    receiver.answer = lambda _: Reply()
    with running(database, receiver):
        # Long before the claim of the first would have ended.
        second = receiver.next()
    assert DELIVERY_LEASE_MS > PATIENCE_S * 1000
    assert (first.body, first.headers["x-runcast-delivery"]) == (second.body, second.headers["x-runcast-delivery"])
    (delivery,) = stored(database)
    assert delivery.status is DeliveryStatus.DELIVERED
    assert [(one.number, one.status) for one in delivery.attempts] == [(1, None), (2, 200)]


def test_every_alert_is_told_however_often_the_server_is_killed(tmp_path: Path, receiver: Receiver) -> None:
    database = str(tmp_path / "runcast.db")
    heard: list[Received] = []
    for _ in range(4):
        with running(database, receiver) as app:
            app.fail(len(ERRORS))
            app.kill()
    with running(database, receiver):
        while len(ids(heard)) < len(ERRORS):
            heard.append(receiver.next())
    told = stored(database)
    assert len(told) == len(ERRORS)  # what looks the same is one event, whoever saw it
    assert ids(heard) == {one.id for one in told}
    assert len({one.headers["x-trigger-signature-hmacsha256"] for one in heard}) == len(ERRORS)


def test_of_several_servers_each_alert_is_told_by_one(postgres: str, receiver: Receiver) -> None:
    with running(postgres, receiver) as one, running(postgres, receiver) as other:
        one.fail(4)
        other.fail(len(ERRORS))
        heard = [receiver.next() for _ in ERRORS]
    assert len(ids(heard)) == len(ERRORS)
    assert receiver.requests.empty()
