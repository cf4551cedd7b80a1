"""The gateways through the HTTP API's port: what a key of one environment reaches there, and what it does not."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from runcast.api import gateway_door
from runcast.api.confined_client import ConfinedClient
from runcast.api.keys import make_key
from runcast.domain.access import Role
from runcast.domain.errors import AccessDenied, Conflict, InvalidInput, NotFound, Unavailable
from runcast.domain.ids import RunId, WorkerId, child_run_id, derived_id
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry, NewWait
from runcast.domain.origin import Origin, write_origin
from runcast.domain.outcome import Succeeded
from runcast.domain.run import NewRun, RunStatus
from runcast.domain.schedule import NewSchedule, ScheduleId, ScheduleSettings
from runcast.gateway import Assignment, Demand, Hello, News, Report, RunFilter, Stop, TaskInfo, Watch
from runcast.http_settings import ApiSettings
from runcast.sdk.ambient import find_engine
from runcast.sdk.client import Client
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.remote import RemoteClientGateway, RemoteWorkerGateway, RemoteWorkerSession
from runcast.socket_server.served import CLIENT_OPERATIONS
from runcast.store.batches import NewBatch, open_batch
from runcast.wire import GATEWAY_PATH
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker
from tests.api.site import PATIENCE_S, Site, sample_tasks, serving
from tests.sdk.certificates import Certificate, make_certificate

REFUSED = {
    "add_key", "list_keys", "revoke_key", "rotate_key", "add_person", "list_people", "change_person", "transact", "prune",
}  # fmt: skip
"""Operations on what belongs to the whole installation."""


async def make(site: Site, role: Role, environment: str = "dev") -> str:
    key, new = make_key("test", environment, role)
    await site.engine.add_key(new)
    return key


@asynccontextmanager
async def connected(site: Site, key: str) -> AsyncIterator[RemoteClientGateway]:
    gateway = await RemoteClientGateway.connect(find_engine(site.url, key=key))
    try:
        yield gateway
    finally:
        await gateway.close()


def new_run(task: str = "rest", **fields: Any) -> NewRun:
    return NewRun(RunId(fresh_id("run")), task, "{}", **fields)


async def test_a_client_triggers_follows_and_reads_through_the_port_of_the_api(any_site: Site) -> None:
    client = Client(url=any_site.url, key=await make(any_site, Role.OPERATOR))
    run = await client.trigger("hello", {"name": "Ada"})
    seen = [update.status async for update in client.follow(run.id)]
    assert seen[-1] is RunStatus.COMPLETED
    assert await run.result() == "hello Ada"
    await client.close()


async def test_a_worker_executes_for_its_keys_environment_whatever_it_says() -> None:
    async with serving(environments=()) as site:
        where = find_engine(site.url, key=await make(site, Role.WORKER, "prod"))
        worker = Worker(RemoteWorkerGateway(where), sample_tasks(), WorkerSettings(grace_ms=0, environment="dev"))
        working = asyncio.create_task(worker.run())
        (there,) = await site.engine.trigger([new_run("add", environment="prod")])
        (elsewhere,) = await site.engine.trigger([new_run("hello", environment="dev")])
        (here,) = await site.engine.trigger([new_run("hello", environment="prod")])
        assert (await site.ended(here.id)).status is RunStatus.COMPLETED
        assert (await site.ended(there.id)).status is RunStatus.FAILED
        found = await site.engine.find_run(elsewhere.id)
        assert found is not None
        assert not found.is_final
        worker.stop()
        await asyncio.wait_for(working, PATIENCE_S)


async def test_a_worker_keeps_its_run_over_a_wait_and_ends_in_good_order(any_site: Site) -> None:
    where = find_engine(any_site.url, key=await make(any_site, Role.WORKER, "staging"))
    worker = Worker(RemoteWorkerGateway(where), sample_tasks(), WorkerSettings(grace_ms=0))
    working = asyncio.create_task(worker.run())
    (run,) = await any_site.engine.trigger([new_run("count", environment="staging")])
    assert (await any_site.ended(run.id)).output == "3"
    worker.stop()
    await asyncio.wait_for(working, PATIENCE_S)


@pytest.mark.parametrize("key", ["", "tr_dev_sk_000000000000000000000000", "nonsense"])
async def test_a_stranger_is_refused_with_a_reason(key: str) -> None:
    async with serving(http=ApiSettings()) as site:
        with pytest.raises(AccessDenied, match="Invalid or Missing API Key"):
            await RemoteClientGateway.connect(find_engine(site.url, key=key))


async def test_a_public_token_is_refused(site: Site) -> None:
    with pytest.raises(AccessDenied, match="for API keys"):
        await RemoteClientGateway.connect(find_engine(site.url, key=site.token("read:runs")))


async def test_a_key_of_a_lesser_role_does_not_execute_or_change(site: Site) -> None:
    operator = find_engine(site.url, key=await make(site, Role.OPERATOR))
    with pytest.raises(AccessDenied, match="role worker"):
        await Worker(RemoteWorkerGateway(operator), sample_tasks(), WorkerSettings()).run()
    async with connected(site, await make(site, Role.VIEWER)) as gateway:
        await gateway.list_runs(RunFilter())
        with pytest.raises(AccessDenied, match="role operator"):
            await gateway.trigger([new_run()])


async def test_a_connection_ends_when_its_key_is_revoked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_door, "ADMITTED_S", 0.02)
    key, new = make_key("laptop", "dev", Role.OPERATOR)
    made = await site.engine.add_key(new)
    async with connected(site, key) as gateway:
        (run,) = await gateway.trigger([new_run()])
        waiting = asyncio.create_task(gateway.result(run.id))
        assert await gateway.find_run(run.id) is not None
        await site.engine.revoke_key(made.id)
        with pytest.raises((Unavailable, AccessDenied)):
            await asyncio.wait_for(waiting, PATIENCE_S)
        with pytest.raises((Unavailable, AccessDenied)):
            await gateway.list_runs(RunFilter())


async def test_an_environment_that_is_none_is_refused_with_a_reason(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws{site.url.removeprefix('http')}{GATEWAY_PATH}?environment=moon")
    assert refused.value.response.status_code == 400
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_what_is_no_api_is_told_so(site: Site) -> None:
    with pytest.raises(Unavailable, match="no WebSocket here"):
        await RemoteClientGateway.connect(find_engine(f"{site.url}/elsewhere", key=site.key))


async def test_every_operation_of_clients_is_confined_or_refused() -> None:
    confined = {name for name in dir(ConfinedClient) if not name.startswith("_")} - {"watch"}
    assert confined | REFUSED == set(CLIENT_OPERATIONS)
    assert confined & REFUSED == set()


async def test_what_belongs_to_the_installation_is_refused(site: Site) -> None:
    async with connected(site, await make(site, Role.ADMIN)) as gateway:
        with pytest.raises(AccessDenied, match="whole installation"):
            await gateway.prune(0)
        with pytest.raises(AccessDenied, match="whole installation"):
            await gateway.list_people()
        with pytest.raises(AccessDenied, match="whole installation"):
            await anext(aiter(gateway.watch(Watch(topics=("todo.items",)))))


async def test_a_run_of_another_environment_does_not_exist(idle_site: Site) -> None:
    (other,) = await idle_site.engine.trigger([new_run(environment="prod", tags=("secret",), batch_id="batch_whole")])
    now = idle_site.engine.clock.now_ms()
    opened = await idle_site.engine.store.write(partial(open_batch, NewBatch(fresh_id("batch"), "prod", 2), now))
    wait = await idle_site.engine.create_wait(NewWait(fresh_id("waitpoint"), environment="prod"))
    async with connected(idle_site, await make(idle_site, Role.ADMIN)) as gateway:
        id, new_id = other.id, RunId(fresh_id("run"))
        assert await gateway.find_run(id) is None
        assert (await gateway.list_runs(RunFilter(environment="prod"))).runs == ()
        assert await gateway.find_wait(wait.id) is None
        assert await gateway.list_waits() == []
        forbidden = [
            gateway.journal(id), gateway.logs(id), gateway.parts(id, None), gateway.artifacts(id), gateway.usage(id),
            gateway.result(id), gateway.ends([id]), gateway.why(id), gateway.messages(id), gateway.cancel([id]),
            gateway.replay(id, new_id), gateway.resume(id, new_id), gateway.fork(id, new_id, from_key="a"),
            gateway.reschedule(id), gateway.complete_wait(wait.id, "1"), gateway.artifact("artifact_x"),
            gateway.trigger([new_run(parent_id=id, root_id=id)]), gateway.trigger([new_run(adopts=id)]),
            gateway.trigger([NewRun(id, "rest", "{}")]), gateway.trigger([new_run(batch_id="batch_whole")]),
            gateway.trigger([new_run(batch_id=opened.id)]),
            anext(aiter(gateway.watch(Watch(run_ids=(id,))))), anext(aiter(gateway.watch(Watch(root_ids=(id,))))),
        ]  # fmt: skip
        for asked in forbidden:
            with pytest.raises(NotFound):
                await asked
    found = await idle_site.engine.find_run(id)
    assert found is not None
    assert not found.is_final


async def test_what_a_key_creates_is_in_its_environment(idle_site: Site) -> None:
    async with connected(idle_site, await make(idle_site, Role.OPERATOR, "prod")) as gateway:
        (run,) = await gateway.trigger([new_run(environment="dev")])
        wait = await gateway.create_wait(NewWait(fresh_id("waitpoint"), environment="dev"))
        assert (await gateway.list_runs(RunFilter(environment="dev"))).runs[0].environment == "prod"
        assert wait.environment == "prod"
        assert [one.id for one in await gateway.list_waits()] == [wait.id]
    found = await idle_site.engine.find_run(run.id)
    assert found is not None
    assert found.environment == "prod"


async def test_who_follows_an_id_hears_nothing_of_it_from_another_environment(idle_site: Site) -> None:
    there, here = RunId(fresh_id("run")), RunId(fresh_id("run"))
    async with connected(idle_site, await make(idle_site, Role.VIEWER)) as gateway:
        updates = aiter(gateway.watch(Watch(run_ids=(there, here), root_ids=(there, here))))
        assert (await anext(updates)).runs == ()
        await idle_site.engine.trigger([NewRun(there, "rest", "{}", environment="prod")])
        await idle_site.engine.trigger([NewRun(here, "rest", "{}")])
        seen: set[str] = set()
        while here not in seen:
            update = await asyncio.wait_for(anext(updates), PATIENCE_S)
            seen |= {run.id for run in update.runs} | {change.run_id for change in update.changes}
    assert seen == {here}


async def test_what_a_run_says_of_itself_shows_nothing_of_others_and_breaks_nothing(idle_site: Site) -> None:
    schedule = NewSchedule(ScheduleId("sched_prod"), "rest", ScheduleSettings("0 3 * * *"), environment="prod")
    await idle_site.engine.put_schedule(schedule)
    async with connected(idle_site, await make(idle_site, Role.OPERATOR)) as gateway:
        pretends = write_origin(Origin(schedule_id="sched_prod"))
        (run,) = await gateway.trigger([new_run(origin=pretends)])
        for broken in ("{", "[]", '{"is_test":"?"}'):
            with pytest.raises(InvalidInput):
                await gateway.trigger([new_run(origin=broken)])
    assert "schedule" not in await idle_site.get(f"/api/v3/runs/{run.id}")
    assert len((await idle_site.get("/api/v1/runs"))["data"]) == 1


class Inbox:
    """Takes what is pushed."""

    def __init__(self) -> None:
        self.assigned: asyncio.Queue[Assignment] = asyncio.Queue()

    def assign(self, assignments: Sequence[Assignment]) -> None:
        for assignment in assignments:
            self.assigned.put_nowait(assignment)

    def news(self, news: Sequence[News]) -> None: ...
    def stop(self, stops: Sequence[Stop]) -> None: ...


@asynccontextmanager
async def session_of(site: Site, environment: str) -> AsyncIterator[tuple[RemoteWorkerSession, Assignment]]:
    """A worker that speaks the wire itself, and the run that it was given."""
    (given,) = await site.engine.trigger([new_run("rest", environment=environment)])
    inbox = Inbox()
    hello = Hello(WorkerId(fresh_id("worker")), (TaskInfo("rest", "rest"),), environment="dev")
    gateway = RemoteWorkerGateway(find_engine(site.url, key=await make(site, Role.WORKER, environment)))
    session = await gateway.open(hello, inbox)
    session.demand(Demand({"async": 5}))
    assignment = await asyncio.wait_for(inbox.assigned.get(), PATIENCE_S)
    assert assignment.run_id == given.id
    yield session, assignment
    await session.close()


async def test_a_worker_reports_only_on_what_it_was_given(site: Site) -> None:
    held = await site.trigger("hold")
    await site.until(held, lambda run: run.status is RunStatus.EXECUTING)
    async with session_of(site, "prod") as (session, own):
        for epoch in range(3):
            (reply,) = await session.report([Report(RunId(held), epoch, outcome=Succeeded('"stolen"'))])
            assert reply.lost
            assert await session.journal(RunId(held), epoch) is None
        (reply,) = await session.report([Report(own.run_id, own.epoch, outcome=Succeeded("1"))])
        assert not reply.lost
    assert (await site.ended(own.run_id)).output == "1"
    found = await site.engine.find_run(RunId(held))
    assert found is not None
    assert found.status is RunStatus.EXECUTING


async def test_what_a_worker_triggers_is_in_its_environment_and_below_no_other_run(site: Site) -> None:
    foreign = await site.trigger("rest")
    async with session_of(site, "prod") as (session, own):
        child = new_run("rest", environment="dev", parent_id=own.run_id, root_id=own.run_id)
        entry = Entry("trigger:rest#1", EntryKind.TRIGGER, "rest", awaits=child.id)
        (reply,) = await session.report([Report(own.run_id, own.epoch, entries=(NewEntry(entry, children=(child,)),))])
        assert reply.error is None
        found = await site.engine.find_run(child.id)
        assert found is not None
        assert found.environment == "prod"
        for stolen in (
            NewEntry(Entry("trigger:rest#2", EntryKind.TRIGGER, "rest"), children=(new_run(adopts=RunId(foreign)),)),
            NewEntry(Entry("child:rest#3", EntryKind.CHILD, "rest", awaits=foreign)),
        ):
            (reply,) = await session.report([Report(own.run_id, own.epoch, entries=(stolen,))])
            assert reply.error_code == NotFound.code
            assert foreign in (reply.error or "")


async def test_what_another_environment_has_under_an_id_of_a_run_does_not_stand_for_it() -> None:
    async with serving(environments=()) as site:
        inbox, tasks = Inbox(), (TaskInfo("rest", "rest"),)
        (parent,) = await site.engine.trigger([new_run("rest", environment="prod")])
        taken = child_run_id(parent.id, "child:hello#1", 0)
        await site.engine.trigger([NewRun(taken, "hello", "{}", environment="dev")])
        session = await site.engine.open(Hello(WorkerId("worker_prod"), tasks, environment="prod"), inbox)
        session.demand(Demand({"async": 1}))
        own = await asyncio.wait_for(inbox.assigned.get(), PATIENCE_S)
        child = NewRun(taken, "hello", "{}", environment="prod", parent_id=parent.id, parent_key="child:hello#1")
        entry = Entry("child:hello#1", EntryKind.CHILD, "hello", status=EntryStatus.PENDING, awaits=taken)
        wait_id = derived_id("waitpoint", parent.id, "create#1")
        await site.engine.create_wait(NewWait(wait_id, environment="dev"))
        create = Entry("create#1", EntryKind.CREATE, awaits=wait_id)
        for new in (NewEntry(entry, children=(child,)), NewEntry(create, wait=NewWait(wait_id, environment="prod"))):
            (reply,) = await session.report([Report(parent.id, own.epoch, entries=(new,))])
            assert reply.error_code == Conflict.code
        await session.close()


async def test_a_worker_takes_nothing_from_one_of_another_environment() -> None:
    async with serving(environments=()) as site:
        inbox, tasks = Inbox(), (TaskInfo("rest", "rest"),)
        (held,) = await site.engine.trigger([new_run("rest", environment="prod")])
        other = await site.engine.open(Hello(WorkerId("worker_prod"), tasks, environment="prod"), inbox)
        other.demand(Demand({"async": 1}))
        assignment = await asyncio.wait_for(inbox.assigned.get(), PATIENCE_S)
        gateway = RemoteWorkerGateway(find_engine(site.url, key=await make(site, Role.WORKER)))
        with pytest.raises(NotFound):
            await gateway.open(Hello(WorkerId("worker_prod"), tasks), Inbox())
        was = Hello(WorkerId("worker_dev"), tasks, was=WorkerId("worker_prod"), embedded=True)
        session = await gateway.open(was, Inbox())
        assert session.welcome.lease_ms > 0
        (reply,) = await other.report([Report(held.id, assignment.epoch, outcome=Succeeded('"mine"'))])
        assert not reply.lost
        assert (await site.ended(held.id)).output == '"mine"'
        await session.close()
        await other.close()


async def test_a_request_that_waits_hears_of_the_end_of_the_server() -> None:
    async with serving(environments=()) as site:
        gateway = await RemoteClientGateway.connect(find_engine(site.url, key=site.key))
        (run,) = await gateway.trigger([new_run()])
        waiting = asyncio.create_task(gateway.result(run.id))
        await gateway.find_run(run.id)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(waiting, PATIENCE_S)
    await gateway.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@asynccontextmanager
async def ended_tls(site: Site, certificate: Certificate) -> AsyncIterator[int]:
    """The port of a proxy that ends TLS."""
    target = urlsplit(site.url)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate.cert, certificate.key)
    proxy = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=tls)
    yield proxy.sockets[0].getsockname()[1]
    proxy.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_tls_may_end_at_a_proxy_and_the_api_lie_below_a_path(certificate: Certificate) -> None:
    async with (
        serving(http=ApiSettings(root_path="/runcast"), environments=("prod",)) as site,
        ended_tls(site, certificate) as port,
    ):
        url = f"https://127.0.0.1:{port}/runcast"
        where = find_engine(url, key=await make(site, Role.OPERATOR, "prod"), tls_ca=str(certificate.cert))
        assert str(where) == url
        gateway = await RemoteClientGateway.connect(where)
        (run,) = await gateway.trigger([new_run("hello")])
        assert (await gateway.result(run.id)).output == '"hello world"'
        await gateway.close()
        with pytest.raises(AccessDenied, match="certificate is not trusted"):
            await RemoteClientGateway.connect(find_engine(url, key="tr_prod_sk_never_shown"))


@pytest.mark.parametrize("path", ["", "/runcast"])
async def test_a_proxy_may_leave_the_path_whole_or_take_it_away(path: str, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(http=ApiSettings(root_path="/runcast", local=True), environments=()) as site:
        assert (await site.http.get(f"{path}/api/v1/runs")).status_code == 200
        gateway = await RemoteClientGateway.connect(find_engine(f"{site.url}{path}", key=site.key))
        await gateway.close()
        with pytest.raises(AccessDenied):
            await RemoteClientGateway.connect(find_engine(f"{site.url}{path}", key="tr_dev_sk_wrong"))
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_another_name_is_refused_without_an_error_in_the_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://evil.example{GATEWAY_PATH}", sock=socket.create_connection(_address(site)))
    assert refused.value.response.status_code == 421
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def _address(site: Site) -> tuple[str, int]:
    parts = urlsplit(site.url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


async def test_a_key_goes_to_no_other_address() -> None:
    asked: list[bytes] = []

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Unavailable, match="answers 302"):
        await RemoteClientGateway.connect(find_engine(f"http://127.0.0.1:{port}", key="tr_dev_sk_1"))
    assert len(asked) == 1
    server.close()


async def test_a_page_of_somebody_else_opens_nothing(site: Site) -> None:
    """A browser sends no key by itself, and says for which page it asks."""
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{site.url.replace('http', 'ws')}{GATEWAY_PATH}", additional_headers=headers)
        assert refused.value.response.status_code in (401, 421)


async def test_large_values_travel_in_several_messages(site: Site) -> None:
    client = Client(url=site.url, key=await make(site, Role.OPERATOR))
    value = "x" * 3_000_000
    run = await client.trigger("echo", {"value": value})
    assert await run.result() == value
    await client.close()
