"""`/metrics` and `/healthz`, read over real HTTP as Prometheus reads them."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from runcast.clock import ManualClock
from runcast.domain.errors import InvalidInput, Unavailable
from runcast.domain.ids import RunId, WorkerId
from runcast.domain.limits import METRIC_QUEUES_MAX
from runcast.domain.outcome import Succeeded
from runcast.domain.queue import QueueChange, QueueSettings
from runcast.domain.run import NewRun
from runcast.gateway import Demand, Hello, Report, TaskInfo, Watch
from runcast.metrics.counts import Counts
from runcast.metrics.listener import Listener, parse_address
from runcast.metrics.source import FRESH_S, Source
from runcast.sdk.fresh_ids import fresh_id
from runcast.server import Server, ServerConfig
from tests.engine.house import Received

ANY_PORT = ("127.0.0.1", 0)
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


@asynccontextmanager
async def serving(database: str) -> AsyncIterator[Server]:
    async with Server(ServerConfig(database=database, socket=False, metrics=ANY_PORT)) as server:
        yield server


@pytest.fixture(params=["memory", "file", "postgres"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    address = {"memory": ":memory:", "file": str(tmp_path / "runcast.db")}.get(request.param)
    async with serving(address or request.getfixturevalue("postgres")) as server:
        yield server


def fetch(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def get(server: Server, path: str = "/metrics", **headers: str) -> tuple[int, str]:
    assert server.metrics_url is not None
    url = server.metrics_url.removesuffix("/metrics") + path
    return await asyncio.to_thread(fetch, url, **headers)


async def scrape(server: Server) -> Samples:
    status, text = await get(server)
    assert status == 200
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


async def trigger(server: Server, count: int = 1, queue: str = "mail", delay_ms: int = 0) -> None:
    runs = [NewRun(RunId(fresh_id("run")), "send", queue=queue, delay_ms=delay_ms) for _ in range(count)]
    await server.engine.trigger(runs)


async def introduce(server: Server) -> None:
    """A worker without room: the task is known, and nothing starts."""
    await server.engine.open(Hello(WorkerId(fresh_id("worker")), (TaskInfo("send", "mail"),)), Received())


async def work(server: Server, count: int) -> None:
    """A worker that takes so many runs and ends the first of them."""
    inbox = Received()
    hello = Hello(WorkerId(fresh_id("worker")), (TaskInfo("send", "mail"),), (QueueSettings("mail", concurrency=5),))
    session = await server.engine.open(hello, inbox)
    session.demand(Demand({"async": count}))
    async with asyncio.timeout(10):
        while len(inbox.assigned) < count:
            await asyncio.sleep(0)
    first = inbox.assigned[0]
    await session.report([Report(first.run_id, first.epoch, outcome=Succeeded("null"))])


async def test_queues_runs_workers_and_ends_are_told(server: Server) -> None:
    await trigger(server, 5)
    await trigger(server, 2, delay_ms=3_600_000)
    await work(server, 3)
    samples = await scrape(server)
    mail = {"environment": "dev", "queue": "mail"}
    assert of(samples, "runcast_runs", **mail, status="executing") == 2
    assert of(samples, "runcast_runs", **mail, status="queued") == 2
    assert of(samples, "runcast_runs", **mail, status="delayed") == 2
    assert of(samples, "runcast_queue_concurrency_limit", **mail) == 5
    assert of(samples, "runcast_queue_paused", **mail) == 0
    assert of(samples, "runcast_workers", environment="dev") == 1
    assert of(samples, "runcast_runs_triggered_total") == 7
    assert of(samples, "runcast_runs_ended_total", status="completed") == 1
    assert of(samples, "runcast_runs_ended_total", status="failed") == 0
    assert (of(samples, "runcast_assignments_total") or 0) >= 3
    assert (of(samples, "runcast_feed_position") or 0) >= 7
    assert of(samples, "runcast_late_seconds", what="schedules") == 0
    assert of(samples, "runcast_up") == 1


async def test_commits_and_batches_are_measured(server: Server) -> None:
    await trigger(server)
    samples = await scrape(server)
    for name in ("runcast_commit_duration_seconds", "runcast_turn_duration_seconds", "runcast_turn_jobs"):
        count = of(samples, f"{name}_count")
        assert count
        assert of(samples, f"{name}_bucket", le="+Inf") == count
        assert (of(samples, f"{name}_sum") or 0) > 0


async def test_openmetrics_is_spoken_to_whoever_asks_for_it(server: Server) -> None:
    await trigger(server)
    status, text = await get(server, Accept="application/openmetrics-text; version=1.0.0")
    assert status == 200
    assert text.endswith("# EOF\n")
    assert any(family.name == "runcast_runs_triggered" for family in parse_openmetrics(text))


async def test_the_database_is_read_at_most_once_a_second() -> None:
    now = [100.0]
    async with serving(":memory:") as server:
        await introduce(server)
        source = Source(server.engine, Counts(), clock=lambda: now[0])

        async def queued() -> int:
            vitals = await asyncio.to_thread(source.vitals)
            return sum(depth.queued for depth in vitals.queues)

        assert await queued() == 0
        await trigger(server, 3)
        now[0] += FRESH_S - 0.01
        assert await queued() == 0
        now[0] += 0.02
        assert await queued() == 3


async def test_what_another_engine_ended_is_not_counted_twice(postgres: str) -> None:
    async with serving(postgres) as one, serving(postgres) as other:
        await trigger(one, 1)
        await work(one, 1)
        await trigger(other, 1, queue="else")
        samples = await scrape(one), await scrape(other)
    ends = [of(each, "runcast_runs_ended_total", status="completed") for each in samples]
    assert ends == [1, 0]
    assert [of(each, "runcast_runs_triggered_total") for each in samples] == [1, 1]


async def test_a_paused_queue_and_its_oldest_run_show() -> None:
    clock = ManualClock()
    config = ServerConfig(database=":memory:", metrics=ANY_PORT)
    async with Server(config, clock) as server:
        await introduce(server)
        await trigger(server)
        await server.engine.change_queue("mail", QueueChange(paused=True))
        clock.advance(90_000)
        samples = await scrape(server)
    assert of(samples, "runcast_queue_paused", environment="dev", queue="mail") == 1
    assert of(samples, "runcast_queue_oldest_seconds", environment="dev", queue="mail") == 90


async def test_who_follows_runs_is_counted() -> None:
    async with serving(":memory:") as server:
        updates = server.engine.watch(Watch())
        await anext(updates)
        assert of(await scrape(server), "runcast_subscribers") == 1
        await updates.aclose()  # type: ignore[attr-defined]


async def test_many_queues_share_a_label() -> None:
    async with serving(":memory:") as server:
        await introduce(server)
        for number in range(METRIC_QUEUES_MAX + 10):
            await trigger(server, 2 if number == 7 else 1, queue=f"q{number}")
        samples = await scrape(server)
    queues = {dict(labels)["queue"] for name, labels in samples if name == "runcast_runs"}
    assert len(queues) == METRIC_QUEUES_MAX + 1
    assert of(samples, "runcast_runs", environment="dev", queue="q7", status="queued") == 2
    assert of(samples, "runcast_runs", environment="dev", queue="(others)", status="queued") == 10


async def test_health_is_ok_and_other_paths_are_not_there(server: Server) -> None:
    assert await get(server, "/healthz") == (200, "ok\n")
    assert (await get(server, "/"))[0] == 404


async def test_an_engine_whose_database_is_gone_is_not_healthy() -> None:
    async with serving(":memory:") as server:
        server.engine.store.refuse("the database was replaced")
        status, text = await get(server, "/healthz")
        samples = await scrape(server)
    assert (status, text) == (503, "the database was replaced\n")
    assert of(samples, "runcast_up") == 0
    assert of(samples, "runcast_runs_triggered_total") == 0


async def test_nothing_listens_after_the_stop() -> None:
    async with serving(":memory:") as server:
        url = server.metrics_url
    assert url is not None
    with pytest.raises(urllib.error.URLError):
        await asyncio.to_thread(urllib.request.urlopen, url, timeout=5)


async def test_an_address_that_is_taken_keeps_the_server_from_starting() -> None:
    async with serving(":memory:") as server:
        assert server.metrics_url is not None
        port = int(server.metrics_url.split(":")[2].split("/")[0])
        with pytest.raises(Unavailable, match=f"cannot listen on 127.0.0.1:{port}"):
            await Server(ServerConfig(database=":memory:", metrics=("127.0.0.1", port))).start()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("localhost:9464", ("localhost", 9464)),
        ("[::1]:9464", ("::1", 9464)),
        ("9464", ("127.0.0.1", 9464)),
    ],
)
def test_an_address_of_this_machine_is_taken(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text, public=False) == address


@pytest.mark.parametrize("text", ["0.0.0.0:9464", "[::]:9464", "192.0.2.7:9464", "metrics.example.com:9464"])
def test_an_address_that_others_reach_must_be_meant(text: str) -> None:
    with pytest.raises(InvalidInput, match="--metrics-public"):
        parse_address(text, public=False)
    assert parse_address(text, public=True)[1] == 9464


@pytest.mark.parametrize("text", ["", ":9464", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="host:port"):
        parse_address(text, public=True)


def test_a_listener_speaks_ipv6() -> None:
    try:
        listener = Listener(("::1", 0), metrics=lambda _environ, _start: [], health=lambda: ("200 OK", "fine\n"))
    except Unavailable:
        pytest.skip("this machine has no IPv6")
    listener.start()
    try:
        assert fetch(listener.url.removesuffix("/metrics") + "/healthz") == (200, "fine\n")
    finally:
        listener.close()
