"""The realtime feeds, polled over HTTP: what changes is told once, at once, in order, and nobody waits for ever."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from runcast.api import realtime
from runcast.domain.ids import RunId
from runcast.feed.following import SHARED_MAX
from runcast.store.news import span
from tests.api.polling import Poller
from tests.api.site import Site, serving

HELD_S = 0.05
"""How long a request is held in tests that wait for its end."""


def _api(site: Site) -> realtime.Realtime:
    assert site.server.http is not None
    return site.server.http._api.realtime


def _poller(site: Site, path: str, **params: str) -> Poller:
    return Poller(site.http, path, **params)


async def _held(site: Site, poller: Poller) -> asyncio.Task[list[dict[str, object]]]:
    """A request that the server holds."""
    before = site.engine.hub.followers
    task = asyncio.create_task(poller.ask())
    await _until_followers(site, before + 1)
    return task


async def _until_followers(site: Site, count: int) -> None:
    async with asyncio.timeout(10):
        while site.engine.hub.followers != count:
            await asyncio.sleep(0)


async def test_a_run_is_followed_to_its_end(any_site: Site) -> None:
    run_id = await any_site.trigger("add", {"a": 1, "b": 2}, tags=["blue", 'a "b'])
    poller = _poller(any_site, f"/realtime/v1/runs/{run_id}")
    await poller.until(lambda rows: bool(rows) and rows[run_id]["completedAt"] is not None)
    row = poller.row
    assert (row["id"], row["friendlyId"], row["taskIdentifier"]) == (run_id, run_id, "add")
    assert (row["status"], row["output"], row["outputType"]) == ("COMPLETED_SUCCESSFULLY", "3.0", "application/json")
    assert (row["payload"], row["payloadType"]) == ('{"a":1,"b":2}', "application/json")
    assert (row["runTags"], row["isTest"], row["error"]) == ('{"blue","a \\"b"}', "f", None)
    assert all(not str(row[name]).endswith("Z") for name in ("createdAt", "startedAt", "completedAt", "queuedAt"))


async def test_metadata_rises_and_updated_at_with_it(any_site: Site) -> None:
    run_id = await any_site.trigger("count", {"to": 3})
    poller = _poller(any_site, f"/realtime/v1/runs/{run_id}")
    await poller.until(lambda rows: bool(rows) and rows[run_id]["completedAt"] is not None)
    seen = [msgspec.json.decode(row["metadata"]).get("progress", 0) for row in poller.updates]
    assert seen == sorted(seen)
    assert seen[-1] == 3


async def test_a_held_request_is_answered_by_the_change(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    poller = _poller(idle_site, f"/realtime/v1/runs/{run_id}")
    [row] = await poller.ask()
    assert row["status"] in ("PENDING", "PENDING_VERSION")
    held = await _held(idle_site, poller)
    assert not held.done()
    await idle_site.engine.cancel([RunId(run_id)])
    [row] = await asyncio.wait_for(held, 10)
    assert row["status"] == "CANCELED"
    assert row["completedAt"]


async def test_what_changed_between_two_requests_is_told_at_once(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    poller = _poller(idle_site, f"/realtime/v1/runs/{run_id}")
    await poller.ask()
    await idle_site.engine.cancel([RunId(run_id)])
    [row] = await poller.ask()
    assert row["status"] == "CANCELED"


async def test_without_a_change_the_request_ends_after_a_while_with_no_row(idle_site: Site) -> None:
    _api(idle_site).hold_s = HELD_S
    run_id = await idle_site.trigger("hello")
    poller = _poller(idle_site, f"/realtime/v1/runs/{run_id}")
    await poller.ask()
    offset = poller.answer.headers["electric-offset"]
    assert await poller.ask() == []
    assert poller.answer.headers["electric-offset"].partition("_")[2] == offset.partition("_")[2]
    assert "no-store" in poller.answer.headers["cache-control"]


async def test_a_client_that_leaves_frees_its_place(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    poller = _poller(idle_site, f"/realtime/v1/runs/{run_id}")
    await poller.ask()
    held = await _held(idle_site, poller)
    held.cancel()
    await asyncio.gather(held, return_exceptions=True)
    async with asyncio.timeout(5):
        while idle_site.engine.hub.followers:
            await asyncio.sleep(0)


async def test_a_run_that_is_about_to_exist_is_waited_for(idle_site: Site) -> None:
    from runcast.domain.run import NewRun
    from runcast.sdk.fresh_ids import fresh_id

    run_id = fresh_id("run")
    poller = _poller(idle_site, f"/realtime/v1/runs/{run_id}")
    held = await _held(idle_site, poller)
    await idle_site.engine.trigger([NewRun(RunId(run_id), "hello")])
    [row] = await asyncio.wait_for(held, 10)
    assert row["id"] == run_id


async def test_a_run_that_does_not_come_is_a_404_after_a_while(idle_site: Site) -> None:
    _api(idle_site).hold_s = HELD_S
    answer = await idle_site.http.get("/realtime/v1/runs/run_unknown", params={"offset": "-1"})
    assert answer.status_code == 404


async def test_a_run_of_another_environment_does_not_exist(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    answer = await idle_site.http.get(
        f"/realtime/v1/runs/{run_id}",
        params={"offset": "-1"},
        headers=idle_site.bearer(f"read:runs:{run_id}", environment="prod"),
    )
    assert answer.status_code == 404
    # Nor does it for who asks while somebody else follows it.
    await _poller(idle_site, f"/realtime/v1/runs/{run_id}").ask()
    _api(idle_site).hold_s = HELD_S
    answer = await idle_site.http.get(
        f"/realtime/v1/runs/{run_id}",
        params={"offset": "1_0", "live": "true"},
        headers=idle_site.bearer(f"read:runs:{run_id}", environment="prod"),
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("read:runs:{}", 200),
        ("read:runs", 200),
        ("read:tags:blue", 200),
        ("read:tasks:hello", 200),
        ("read:runs:run_other", 403),
        ("read:tags:red", 403),
        ("write:runs:{}", 403),
    ],
)
async def test_a_token_reads_what_its_scope_says(idle_site: Site, scope: str, status: int) -> None:
    run_id = await idle_site.trigger("hello", tags=["blue"])
    headers = idle_site.bearer(scope.format(run_id))
    answer = await idle_site.http.get(f"/realtime/v1/runs/{run_id}", params={"offset": "-1"}, headers=headers)
    assert answer.status_code == status


async def test_columns_are_skipped_as_the_token_says_before_the_query_but_never_the_needed_ones(
    idle_site: Site,
) -> None:
    run_id = await idle_site.trigger("hello", {"name": "Ada"})
    path = f"/realtime/v1/runs/{run_id}"
    [row] = await _poller(idle_site, path, skipColumns="payload,status,unknown").ask()
    assert "payload" not in row
    assert "status" in row
    headers = idle_site.bearer(f"read:runs:{run_id}", skip_columns=["metadata"])
    answer = await idle_site.http.get(path, params={"offset": "-1", "skipColumns": "payload"}, headers=headers)
    row = answer.json()[0]["value"]
    assert "metadata" not in row
    assert row["payload"] == '{"name":"Ada"}'


async def test_large_values_are_fetched_by_their_path(any_site: Site) -> None:
    run_id = await any_site.trigger("echo", {"value": "x" * 200_000})
    await any_site.ended(run_id)
    [row] = await _poller(any_site, f"/realtime/v1/runs/{run_id}").ask()
    assert (row["payload"], row["payloadType"]) == (f"runs/{run_id}/payload", "application/store")
    assert (row["output"], row["outputType"]) == (f"runs/{run_id}/output", "application/store")


async def test_an_error_is_told_as_clients_read_it(site: Site) -> None:
    run_id = await site.trigger("fail", {"message": "no"})
    await site.ended(run_id)
    [row] = await _poller(site, f"/realtime/v1/runs/{run_id}").ask()
    error = msgspec.json.decode(row["error"])
    assert (row["status"], error["type"], error["name"]) == ("COMPLETED_WITH_ERRORS", "BUILT_IN_ERROR", "ValueError")
    assert error["message"] == "no"
    assert "Traceback" in error["stackTrace"]


async def test_runs_of_a_tag_are_followed_new_ones_too(idle_site: Site) -> None:
    first = await idle_site.trigger("hello", tags=["blue", "x"])
    await idle_site.trigger("hello", tags=["blue"])
    poller = _poller(idle_site, "/realtime/v1/runs", tags="blue,x", createdAt="1h")
    assert [row["id"] for row in await poller.ask()] == [first]
    held = await _held(idle_site, poller)
    await idle_site.trigger("hello", tags=["blue"])
    second = await idle_site.trigger("hello", tags=["x", "blue"])
    assert [row["id"] for row in await asyncio.wait_for(held, 10)] == [second]
    await idle_site.engine.cancel([RunId(first)])
    assert [(row["id"], row["status"]) for row in await poller.ask()] == [(first, "CANCELED")]


async def test_a_tag_feed_needs_a_scope_for_one_of_its_tags(idle_site: Site) -> None:
    for scope, status in (("read:tags:blue", 200), ("read:tags", 200), ("read:tags:red", 403), ("read:runs:x", 403)):
        answer = await idle_site.http.get(
            "/realtime/v1/runs", params={"tags": "blue", "offset": "-1"}, headers=idle_site.bearer(scope)
        )
        assert answer.status_code == status, scope


async def test_runs_of_a_batch_are_followed_those_that_existed_before_too(idle_site: Site) -> None:
    before = await idle_site.trigger("hello", idempotencyKey="k")
    items = [{"task": "hello", "payload": {}} for _ in range(2)]
    items.append({"task": "hello", "payload": {}, "options": {"idempotencyKey": "k"}})
    opened = await idle_site.post("/api/v3/batches", {"runCount": 3})
    poller = _poller(idle_site, f"/realtime/v1/batches/{opened['id']}")
    assert await poller.ask() == []
    body = b"\n".join(msgspec.json.encode({"index": at, **item}) for at, item in enumerate(items))
    headers = {"Content-Type": "application/x-ndjson"}
    await idle_site.http.post(f"/api/v3/batches/{opened['id']}/items", content=body, headers=headers)
    await poller.until(lambda rows: len(rows) == 2)
    await idle_site.engine.cancel([RunId(run_id) for run_id in (*poller.rows, before)])
    await poller.until(lambda rows: len(rows) == 3 and all(row["status"] == "CANCELED" for row in rows.values()))


async def test_a_batch_that_is_not_there_is_a_404(idle_site: Site) -> None:
    answer = await idle_site.http.get("/realtime/v1/batches/batch_no", params={"offset": "-1"})
    assert answer.status_code == 404


async def test_a_feed_of_tags_whose_past_is_gone_begins_anew(idle_site: Site) -> None:
    await idle_site.trigger("hello", tags=["blue"])
    poller = _poller(idle_site, "/realtime/v1/runs", tags="blue")
    await poller.ask()
    handle = poller.answer.headers["electric-handle"]
    poller._state["offset"] = "999999999_0"
    assert await poller.ask() == []
    assert poller.answer.status_code == 409
    assert poller.answer.headers["content-type"].startswith("application/json")
    assert poller.answer.headers["electric-handle"] != handle
    poller.rows.clear()
    assert len(await poller.ask()) == 1


async def test_a_run_whose_past_is_gone_is_told_again(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    poller = _poller(idle_site, f"/realtime/v1/runs/{run_id}")
    await poller.ask()
    poller._state["offset"] = "999999999_0"
    poller.rows.clear()
    assert [row["id"] for row in await poller.ask()] == [run_id]


async def test_another_server_of_the_same_database_goes_on_where_the_first_was(postgres: str) -> None:
    async with serving(postgres, environments=()) as one, serving(postgres, environments=()) as other:
        run_id = await one.trigger("hello", tags=["blue"])
        single = _poller(one, f"/realtime/v1/runs/{run_id}")
        tagged = _poller(one, "/realtime/v1/runs", tags="blue")
        for poller in (single, tagged):
            await poller.ask()
            poller._http = other.http
            held = await _held(other, poller)
            assert not held.done()
            held.cancel()
            await asyncio.gather(held, return_exceptions=True)
            await _until_followers(other, 0)
        held = await _held(other, single)
        await one.engine.cancel([RunId(run_id)])
        assert [row["status"] for row in await asyncio.wait_for(held, 10)] == ["CANCELED"]
        assert [row["status"] for row in await tagged.ask()] == ["CANCELED"]


async def test_after_a_restart_nothing_is_lost_and_nothing_told_twice(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = str(tmp_path_factory.mktemp("db") / "runcast.db")
    async with serving(path, environments=()) as site:
        quiet, changed = await site.trigger("hello"), await site.trigger("hello")
        pollers = [_poller(site, f"/realtime/v1/runs/{run_id}") for run_id in (quiet, changed)]
        for poller in pollers:
            await poller.ask()
        await site.engine.cancel([RunId(changed)])
    async with serving(path, environments=()) as site:
        _api(site).hold_s = HELD_S
        for poller in pollers:
            poller._http = site.http
        assert await pollers[0].ask() == []
        assert [row["status"] for row in await pollers[1].ask()] == ["CANCELED"]


async def test_held_requests_are_let_go_when_the_server_stops(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = str(tmp_path_factory.mktemp("db") / "runcast.db")
    async with serving(path, environments=()) as site:
        run_id = await site.trigger("hello")
        poller = _poller(site, f"/realtime/v1/runs/{run_id}")
        await poller.ask()
        held = await _held(site, poller)
        await site.server.stop()
        assert await asyncio.wait_for(held, 5) == []


async def test_a_malformed_offset_begins_rather_than_fails(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    answer = await idle_site.http.get(
        f"/realtime/v1/runs/{run_id}", params={"offset": "x", "live": "maybe", "experimental_live_sse": "1"}
    )
    assert answer.status_code == 200
    assert "electric-schema" in answer.headers


async def test_a_time_that_no_date_can_say_begins_rather_than_fails(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    answer = await idle_site.http.get(
        f"/realtime/v1/runs/{run_id}", params={"offset": "0_999999999999999999", "live": "true"}
    )
    assert answer.status_code == 200


async def test_who_waits_in_vain_need_not_look_back_again(idle_site: Site) -> None:
    _api(idle_site).hold_s = HELD_S
    run_id, other = await idle_site.trigger("hello"), await idle_site.trigger("hello")
    poller = _poller(idle_site, f"/realtime/v1/runs/{run_id}")
    await poller.ask()
    held = await _held(idle_site, poller)
    await idle_site.engine.cancel([RunId(other)])
    newest = (await idle_site.engine.store.read(span))[1]
    assert await held == []
    assert await poller.ask() == []
    assert poller.answer.headers["electric-offset"].partition("_")[0] == str(newest)
    await idle_site.engine.cancel([RunId(run_id)])
    assert [row["status"] for row in await poller.ask()] == ["CANCELED"]


async def test_a_stream_that_began_between_two_requests_is_told(idle_site: Site) -> None:
    run_id, other = await idle_site.trigger("hello"), await idle_site.trigger("hello")
    path = f"/realtime/v1/runs/{run_id}"
    poller, following = _poller(idle_site, path), _poller(idle_site, f"/realtime/v1/runs/{other}")
    assert [row["realtimeStreams"] for row in await poller.ask()] == ["{}"]
    await following.ask()
    held = [await _held(idle_site, following)]
    await idle_site.http.post(f"/realtime/v1/streams/{run_id}/self/words/append", content="one")
    async with asyncio.timeout(5):
        while idle_site.engine.hub.cursor < (await idle_site.engine.store.read(span))[1]:
            await asyncio.sleep(0)
    late = _poller(idle_site, path)
    assert [row["realtimeStreams"] for row in await late.ask()] == ['{"words"}']
    held.append(await _held(idle_site, late))
    await idle_site.put(f"/api/v1/runs/{run_id}/metadata", {"metadata": {"a": 1}})
    await held.pop()
    assert [row["realtimeStreams"] for row in await poller.ask()] == ['{"words"}']
    held[0].cancel()
    await asyncio.gather(*held, return_exceptions=True)


async def test_large_values_of_all_runs_are_fetched_by_their_path(idle_site: Site) -> None:
    run_id = await idle_site.trigger("echo", {"value": "x" * 200_000})
    [row] = await _poller(idle_site, "/realtime/v1/runs").ask()
    assert (row["payload"], row["payloadType"]) == (f"runs/{run_id}/payload", "application/store")


async def test_rows_are_kept_in_a_few_ways_only(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    poller = _poller(idle_site, f"/realtime/v1/runs/{run_id}")
    await poller.ask()
    held = await _held(idle_site, poller)
    begin = dict(poller._state)
    await idle_site.engine.cancel([RunId(run_id)])
    await held
    for number in range(2 * SHARED_MAX):
        params = begin | {"skipColumns": f"payload,{number}"}
        assert (await idle_site.http.get(f"/realtime/v1/runs/{run_id}", params=params)).status_code == 200
    newest = idle_site.engine.hub.newest(run_id)
    assert newest is not None
    assert len(newest.encoded) == SHARED_MAX


async def test_a_batch_of_the_python_client_is_followed_too(idle_site: Site) -> None:
    from runcast.sdk.client import Client

    batch = await Client(gateway=idle_site.engine).batch_trigger("hello", [{}, {}])
    path = f"/realtime/v1/batches/{batch.id}"
    assert len(await _poller(idle_site, path).ask()) == 2
    elsewhere = idle_site.bearer(f"read:batch:{batch.id}", environment="prod")
    assert (await idle_site.http.get(path, params={"offset": "-1"}, headers=elsewhere)).status_code == 404
