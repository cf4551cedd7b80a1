"""Extensions: tables and transactions of an app, in one commit with the runs that it triggers."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from runcast import Client, Conflict, Extension, InvalidInput, NotFound, RuncastError, Tx, transact
from runcast.domain.errors import Unavailable
from runcast.domain.transaction import Transaction
from runcast.sdk.ambient import use_door
from runcast.sdk.doors import Door, GatewayDoor, SocketDoor
from runcast.sdk.extension import load_extensions
from runcast.sdk.registry import Registry
from runcast.server import Server, ServerConfig
from runcast.store import doctor
from runcast.wire import socket_path
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker
from tests.sdk.todo import add, add_all, add_and_fail, add_each, add_two, items, plan, remind, todo, unreminded

PATIENCE_S = 20.0


@asynccontextmanager
async def app(path: Path | str, *extensions: str | Extension, socket: bool = False) -> AsyncIterator[Server]:
    """A server with extensions, and the door of this process leads to it: directly, or through its socket."""
    config = ServerConfig(database=str(path), extensions=extensions or (todo,), socket=socket)
    async with Server(config) as server:
        door: Door = SocketDoor(socket_path(Path(path))) if socket else GatewayDoor(server.engine)
        before = use_door(door)
        try:
            yield server
        finally:
            use_door(before)
            if socket:
                await door.close()


@pytest.fixture(params=["direct", "socket"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    async with app(tmp_path / "app.db", socket=request.param == "socket") as server:
        yield server


@asynccontextmanager
async def working(server: Server, *tasks: Any) -> AsyncIterator[None]:
    registry = Registry()
    for one in tasks:
        registry.add(one)
    worker = Worker(server.engine, registry, WorkerSettings(grace_ms=0), embedded=True)
    serving = asyncio.get_running_loop().create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await serving


async def test_a_row_and_its_run_are_stored_together(server: Server) -> None:
    item = await transact(add, "milk")
    assert await transact(items) == [item]
    async with working(server, remind):
        run = await asyncio.wait_for(server.engine.result(cast(Any, item.run_id)), PATIENCE_S)
    assert run.output == '"do milk"'
    assert await server.engine.store.read(doctor.examine) == []


async def test_many_rows_and_their_runs_are_stored_together_in_the_environment_that_is_said(server: Server) -> None:
    added = await transact(add_all, ["milk", "bread"])
    runs = [await server.engine.find_run(cast(Any, item.run_id)) for item in added]
    assert [run and (run.payload, run.environment) for run in runs] == [
        ('{"title":"milk"}', "staging"),
        ('{"title":"bread"}', "staging"),
    ]


async def test_a_transaction_that_fails_keeps_nothing(server: Server) -> None:
    with pytest.raises((ValueError, RuncastError), match="after all"):
        await transact(add_and_fail, "milk")
    await transact(add, "bread")
    with pytest.raises(Conflict):
        await transact(add_two, "bread")
    assert [item.title for item in await transact(items)] == ["bread"]
    assert len((await Client(gateway=server.engine).list(task="remind")).runs) == 1


async def test_transactions_that_run_together_fail_alone(server: Server) -> None:
    calls = [transact(add, title) for title in ("a", "b", "a", "c")]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(result, Conflict) for result in results] == [False, False, True, False]
    assert [item.title for item in await transact(items)] == ["a", "b", "c"]


async def test_a_body_transacts_once_however_often_it_runs(server: Server) -> None:
    async with working(server, plan, remind):
        handle = await Client(gateway=server.engine).trigger(plan, {"titles": ["milk", "bread"]})
        assert await handle.wait_result(timeout=PATIENCE_S) == ["milk", "bread"]
        run = await handle.fetch()
    assert run.attempt == 2
    stored = await transact(items)
    assert len(stored) == 2


async def test_what_a_body_already_transacted_is_answered_and_not_repeated(server: Server) -> None:
    (run,) = await server.engine.trigger([(await _new_run())])
    first = await server.engine.transact("todo", "add", '{"title":"milk"}', run_id=run.id, key="/todo.add#1")
    again = await server.engine.transact("todo", "add", '{"title":"milk"}', run_id=run.id, key="/todo.add#1")
    assert first == again
    stored = await transact(items)
    assert len(stored) == 1


async def test_a_body_that_continues_transacts_anew(server: Server) -> None:
    async with working(server, add_each, remind):
        handle = await Client(gateway=server.engine).trigger(add_each, {"titles": ["bread", "milk"]})
        assert await handle.wait_result(timeout=PATIENCE_S) == "milk"
    assert [item.title for item in await transact(items)] == ["bread", "milk"]


async def _new_run() -> Any:
    from runcast.sdk.requests import new_run

    return new_run(remind.item("x").request)


async def test_who_follows_a_topic_hears_of_every_change(server: Server) -> None:
    client = Client(gateway=server.engine)
    seen: list[str | None] = []
    async with aclosing(cast(Any, aiter(client.follow_topic("todo.items")))) as changes:
        async with asyncio.timeout(PATIENCE_S):
            async for change in changes:
                seen.append(change.key)
                if len(seen) == 1:
                    first = await transact(add, "milk")
                    await transact(add, "bread")
                if len(seen) == 3:
                    break
    assert seen[:2] == [None, first.id]


async def test_only_what_is_registered_can_be_asked_for(server: Server) -> None:
    with pytest.raises(NotFound, match="no transaction"):
        await server.engine.transact("todo", "drop", "{}")
    with pytest.raises(NotFound, match="no extension"):
        await server.engine.transact("other", "add", "{}")
    with pytest.raises(InvalidInput):
        await transact(add, cast(Any, 5))
    with pytest.raises(InvalidInput, match="registered"):
        transact(cast(Any, lambda tx: None))


BAD_SQL = {
    "another's table": "create table runs_copy (id text);",
    "a core table": "create table app_bad_x (id text); delete from runs;",
    "a schema change": "create table app_bad_x (id text); drop table journal;",
    "a setting": "pragma journal_mode = delete;",
    "another file": "attach database 'x.db' as x;",
}
BAD_QUERIES = {
    "a core table written": "-- name: q\nupdate runs set status = 'FAILED';",
    "a core table read": "-- name: q -> int\nselect count(*) from journal;",
    "no such table": "-- name: q -> int\nselect count(*) from app_bad_nothing;",
}


@pytest.mark.parametrize("sql", BAD_SQL.values(), ids=BAD_SQL)
async def test_a_migration_touches_only_tables_of_its_own(sql: str) -> None:
    with pytest.raises(InvalidInput):
        async with app(":memory:", Extension("bad", migrations=[sql])):
            pass


@pytest.mark.parametrize("sql", BAD_QUERIES.values(), ids=BAD_QUERIES)
async def test_a_query_reaches_only_what_is_its_own(sql: str) -> None:
    with pytest.raises(InvalidInput, match=r"bad\.q"):
        async with app(":memory:", Extension("bad", queries=sql)):
            pass


async def test_migrations_run_once_and_never_change(tmp_path: Path) -> None:
    first = "create table app_notes_a (id text);"
    async with app(tmp_path / "a.db", Extension("notes", migrations=[first])):
        pass
    async with app(tmp_path / "a.db", Extension("notes", migrations=[first, "create table app_notes_b (id text);"])):
        pass
    with pytest.raises(Unavailable, match="was changed"):
        async with app(
            tmp_path / "a.db", Extension("notes", migrations=["create table app_notes_c (id text);", first])
        ):
            pass
    with pytest.raises(Unavailable, match="knows 1"):
        async with app(tmp_path / "a.db", Extension("notes", migrations=[first])):
            pass


async def test_a_topic_must_be_declared() -> None:
    quiet = Extension("quiet")

    @quiet.transaction
    def shout(tx: Tx) -> Transaction[None]:
        yield from tx.publish("news")

    async with app(":memory:", quiet):
        with pytest.raises(InvalidInput, match="no topic"):
            await transact(shout)


def test_extensions_are_found_by_name() -> None:
    assert load_extensions(["tests.sdk.todo:todo"], installed=False) == [todo]
    with pytest.raises(InvalidInput, match="no extension"):
        load_extensions(["tests.sdk.nothing:todo"], installed=False)
    with pytest.raises(InvalidInput, match="not an Extension"):
        load_extensions(["tests.sdk.todo:add"], installed=False)


KILLED = """
import asyncio, os, sys
from runcast.server import Server, ServerConfig
from tests.sdk.todo import todo

async def main():
    async with Server(ServerConfig(database=sys.argv[1], extensions=(todo,), socket=False)) as server:
        for number in range(100_000):
            await asyncio.gather(*[
                server.engine.transact("todo", "add", '{"title":"%d/%d"}' % (number, one)) for one in range(20)
            ])
            print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("after", [3, 17, 40])
async def test_a_kill_in_between_leaves_rows_and_runs_together(tmp_path: Path, after: int) -> None:
    path = tmp_path / "killed.db"
    root = Path(__file__).parents[2]
    process = subprocess.Popen(  # noqa: ASYNC220 - it lives beside the loop, and is killed
        [sys.executable, "-c", KILLED, str(path)],
        stdout=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    for _ in range(after):
        await asyncio.to_thread(process.stdout.readline)
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    process.wait()
    async with app(path) as server:
        stored = await transact(items)
        count = len(stored)
        runs = server.engine.store
        assert count >= after * 20
        assert await transact(unreminded) == 0
        assert await runs.read(_count_reminders) == count
        assert await runs.read(doctor.examine) == []


def _count_reminders() -> Any:
    from runcast.store.script import call

    rows = yield call("list_runs", **_everything())
    return len(rows)


def _everything() -> dict[str, Any]:
    from runcast.gateway import RunFilter
    from runcast.store import reads

    return {**reads._params(RunFilter(task=("remind",))), "cursor": None, "limit": 1_000_000}


@pytest.mark.parametrize(("needed", "is_there"), [("msgspec>=0.1", True), ("no-such-package-anywhere[x]>=1", False)])
def test_an_entry_point_that_names_an_extra_is_left_out_without_its_packages(
    needed: str, is_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shop-1.0.dist-info"
    folder.mkdir()
    requires = f"Requires-Dist: {needed}; extra == 'web'\nRequires-Dist: nothing-either; extra == 'other'\n"
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n{requires}")
    (folder / "entry_points.txt").write_text("[runcast.extensions]\nshop = tests.sdk.todo:todo [web]\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert (todo in load_extensions([])) is is_there
