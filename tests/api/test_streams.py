"""Streams over HTTP: every part once, in order, from any number on; a clean end means complete."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest

from runcast.domain.ids import RunId
from runcast.domain.retry import Retry
from runcast.sdk import streams, wait
from runcast.sdk.inbox import inbox
from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import task
from tests.api.events import Events, listening
from tests.api.site import Site, serving


def writing_tasks() -> Registry:
    """`words` writes and ends; `talk` writes what its inbox gets, and closes at "close"; `stumble` writes in a step that is
    retried; `hold` executes until it is canceled."""
    registry = Registry()

    @task(registry=registry)
    async def words(text: str) -> None:
        for word in text.split():
            streams.append("words", word)

    @task(registry=registry)
    async def talk() -> None:
        async for word in inbox("say", type=str):
            if word == "end":
                return
            if word == "close":
                streams.close("words")
            else:
                streams.append("words", word)

    @task(registry=registry)
    async def stumble() -> None:
        tries = 0

        @step(retry=Retry(max_attempts=2, min_s=0.001, max_s=0.001))
        async def speak() -> None:
            nonlocal tries
            tries += 1
            streams.append("words", f"try {tries}")
            if tries == 1:
                raise RuntimeError("stumbled")

        await speak()

    @task(registry=registry)
    async def hold() -> None:
        await wait.for_("1h")

    return registry


@pytest.fixture(params=["memory", "postgres"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    address = ":memory:" if request.param == "memory" else request.getfixturevalue("postgres")
    async with serving(address, writing_tasks()) as site:
        yield site


def _path(run_id: str, key: str) -> str:
    return f"/realtime/v1/streams/{run_id}/{key}"


def _records(events: list[Any]) -> list[dict[str, Any]]:
    return [record for event in events if event.name == "batch" for record in event.json["records"]]


def _data(records: list[dict[str, Any]]) -> list[Any]:
    """What clients show: commands left out."""
    return [msgspec.json.decode(one["body"])["data"] for one in records if one["headers"] != [["", "reset"]]]


async def _say(site: Site, run_id: str, *words: str) -> None:
    for word in words:
        await site.post(f"/realtime/v1/streams/{run_id}/input/say", {"data": word})


async def _next(events: Events) -> list[Any]:
    return _data(_records([await events.next()]))


async def _all(site: Site, run_id: str, key: str, **headers: str) -> list[dict[str, Any]]:
    async with listening(site.http, _path(run_id, key), headers=headers) as events:
        return _records(await events.rest())


async def test_a_complete_stream_is_read_whole_and_from_any_number(site: Site) -> None:
    run_id = await site.trigger("words", {"text": "a b c d"})
    await site.ended(run_id)
    async with listening(site.http, _path(run_id, "words")) as events:
        assert events.response.headers["x-stream-version"] == "v2"
        records = _records(await events.rest())
    assert [record["seq_num"] for record in records] == [0, 1, 2, 3]
    assert _data(records) == ["a", "b", "c", "d"]
    assert len({msgspec.json.decode(record["body"])["id"] for record in records}) == 4
    assert _data(await _all(site, run_id, "words", **{"Last-Event-ID": "1"})) == ["c", "d"]
    assert await _all(site, run_id, "words", **{"Last-Event-ID": "3"}) == []


async def test_parts_come_as_they_are_written_and_the_end_of_the_run_ends_the_stream(site: Site) -> None:
    run_id = await site.trigger("talk")
    async with listening(site.http, _path(run_id, "words")) as events:
        for word in ("one", "two"):
            await _say(site, run_id, word)
            assert await _next(events) == [word]
        await _say(site, run_id, "end")
        assert await events.rest() == []


async def test_a_stream_that_is_closed_ends_before_its_run(site: Site) -> None:
    run_id = await site.trigger("talk")
    async with listening(site.http, _path(run_id, "words")) as events:
        await _say(site, run_id, "one", "close")
        assert _data(_records(await events.rest())) == ["one"]
    assert (await site.get(f"/api/v3/runs/{run_id}"))["isCompleted"] is False


async def test_of_a_step_that_was_retried_only_the_last_try_is_told_to_who_comes_later(site: Site) -> None:
    run_id = await site.trigger("stumble")
    await site.ended(run_id)
    records = await _all(site, run_id, "words")
    assert _data(records) == ["try 2"]
    [command] = [record for record in records if record["headers"] == [["", "reset"]]]
    assert msgspec.json.decode(command["body"]) == {"seqs": [0]}


async def test_an_ended_run_without_such_a_stream_is_an_empty_one(site: Site) -> None:
    run_id = await site.trigger("words", {"text": ""})
    await site.ended(run_id)
    assert await _all(site, run_id, "nothing") == []


async def test_from_the_latest_on_the_past_is_left_out(site: Site) -> None:
    run_id = await site.trigger("talk")
    async with listening(site.http, _path(run_id, "words")) as events:
        await _say(site, run_id, "old")
        await events.next()
    headers = {"X-Trigger-Stream-Start": "latest"}
    async with listening(site.http, _path(run_id, "words"), headers=headers) as events:
        await _say(site, run_id, "new")
        assert await _next(events) == ["new"]


async def test_a_silent_stream_ends_after_the_time_that_the_client_said(site: Site) -> None:
    run_id = await site.trigger("hold")
    assert await _all(site, run_id, "words", **{"Timeout-Seconds": "0"}) == []


async def test_only_a_complete_stream_says_that_it_is(site: Site) -> None:
    """A proxy may make a clean end of a server that is gone; and silence for long is no end."""
    done, waits = await site.trigger("words", {"text": "a b"}), await site.trigger("hold")
    await site.ended(done)
    complete = await site.http.get(_path(done, "words"))
    silent = await site.http.get(_path(waits, "words"), headers={"Timeout-Seconds": "0"})
    assert (complete.text.endswith(": end\n\n"), ": end" in silent.text) == (True, False)


async def test_when_the_server_stops_the_stream_breaks_off_rather_than_ends(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    run_id = await site.trigger("hold")
    async with listening(site.http, _path(run_id, "words")) as events:
        stopped = asyncio.create_task(site.server.stop())
        assert (await events.next()).name == "error"
        with pytest.raises(httpx2.RemoteProtocolError):
            await events.rest()
        await asyncio.wait_for(stopped, 10)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_many_readers_get_all_parts(site: Site) -> None:
    run_id = await site.trigger("talk")
    readers = [asyncio.create_task(_all(site, run_id, "words")) for _ in range(20)]
    async with asyncio.timeout(10):
        while site.engine.hub.followers < 20:
            await asyncio.sleep(0)
    await _say(site, run_id, *(f"w{number}" for number in range(20)), "end")
    for reader in readers:
        assert _data(await reader) == [f"w{number}" for number in range(20)]


async def test_streams_of_another_environment_do_not_exist(site: Site) -> None:
    assert site.server.http is not None
    site.server.http._api.realtime.hold_s = 0.05
    run_id = await site.trigger("hold")
    for headers in (site.bearer("read:runs", environment="prod"), site.bearer("admin", environment="prod")):
        for method, path in (
            ("GET", "words"),
            ("PUT", "self/words"),
            ("POST", "self/words"),
            ("POST", "self/words/append"),
            ("POST", "input/say"),
        ):
            answer = await site.http.request(method, _path(run_id, path), headers=headers)
            assert answer.status_code in (403, 404), (method, path)


# --- writing


async def test_lines_are_parts_and_sent_again_they_are_not_appended_again(site: Site) -> None:
    run_id = await site.trigger("hold")
    begun = await site.http.put(_path(run_id, "self/rows"))
    assert (begun.status_code, begun.json()) == (202, {"version": "v1"})
    headers = {"X-Client-Id": "me", "X-Resume-From-Chunk": "0"}
    body = b'{"n":1}\n{"n":2}\n"three"'
    for _ in range(2):
        answer = await site.http.post(_path(run_id, "self/rows"), content=body, headers=headers)
        assert answer.status_code == 200
    looked = await site.http.head(_path(run_id, "self/rows"), headers=headers)
    assert looked.headers["x-last-chunk-index"] == "2"
    resumed = {"X-Client-Id": "me", "X-Resume-From-Chunk": "2"}
    await site.http.post(_path(run_id, "self/rows"), content=b'"three"\n4\n', headers=resumed)
    await site.engine.cancel([RunId(run_id)])
    assert _data(await _all(site, run_id, "rows")) == [{"n": 1}, {"n": 2}, "three", 4]


async def test_who_may_write_to_a_run_does_not_write_to_those_above_it(site: Site) -> None:
    run_id = await site.trigger("hold")
    for place, scope, status in (
        ("self/a", f"write:runs:{run_id}", 200),
        ("parent/a", f"write:runs:{run_id}", 403),
        ("root/a/append", f"write:runs:{run_id}", 403),
        ("root/a", "write:runs", 200),
        ("self/a", "write:runs:run_other", 403),
    ):
        answer = await site.http.post(_path(run_id, place), content=b"1\n", headers=site.bearer(scope))
        assert answer.status_code == status, (place, scope, answer.text)


async def test_a_part_with_an_id_is_appended_once(site: Site) -> None:
    run_id = await site.trigger("hold")
    for part_id, text in (("a", "one"), ("a", "one"), ("b", "two"), ("", "three")):
        headers = {"X-Part-Id": part_id} if part_id else {}
        answer = await site.http.post(_path(run_id, "self/words/append"), content=text, headers=headers)
        assert answer.json() == {"ok": True}
    await site.engine.cancel([RunId(run_id)])
    assert _data(await _all(site, run_id, "words")) == ["one", "two", "three"]


async def test_a_stream_written_from_outside_is_on_the_runs_row(site: Site) -> None:
    run_id = await site.trigger("hold")
    await site.http.post(_path(run_id, "self/words/append"), content="one")
    answer = await site.http.get(f"/realtime/v1/runs/{run_id}", params={"offset": "-1"})
    assert answer.json()[0]["value"]["realtimeStreams"] == '{"words"}'


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("nobody/words", b"1", 400),
        ("self/", b"1", 400),
        ("self/words", b"no json", 400),
        ("self/words/append", b"x" * 1_100_000, 413),
        ("self/words", b'"' + b"x" * 1_100_000, 413),
        ("input/say", b"{}", 400),
        ("input/say", b'{"data":"' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
async def test_what_is_no_part_is_refused(site: Site, path: str, body: bytes, status: int) -> None:
    run_id = await site.trigger("hold")
    answer = await site.http.post(_path(run_id, path), content=body)
    assert answer.status_code == status, answer.text


async def test_an_ended_run_takes_neither_parts_nor_messages(site: Site) -> None:
    run_id = await site.trigger("words", {"text": ""})
    await site.ended(run_id)
    assert (await site.http.post(_path(run_id, "self/words/append"), content="x")).status_code == 422
    assert (await site.http.post(_path(run_id, "input/say"), json={"data": 1})).status_code == 400


# --- messages


async def test_a_message_goes_to_the_inbox_of_its_name_once(site: Site) -> None:
    run_id = await site.trigger("talk")
    headers = site.bearer(f"write:inputStreams:{run_id}") | {"X-Part-Id": "1"}
    for _ in range(2):
        answer = await site.http.post(_path(run_id, "input/say"), json={"data": "hi"}, headers=headers)
        assert answer.json() == {"ok": True}
    await _say(site, run_id, "end")
    assert _data(await _all(site, run_id, "words")) == ["hi"]


@pytest.mark.parametrize("scope", ["write:inputStreams:run_other", "read:inputStreams:{}", "write:runs:{}"])
async def test_a_message_needs_its_scope(site: Site, scope: str) -> None:
    run_id = await site.trigger("talk")
    headers = site.bearer(scope.format(run_id))
    answer = await site.http.post(_path(run_id, "input/say"), json={"data": "hi"}, headers=headers)
    assert answer.status_code == 403


async def test_a_message_to_a_run_that_is_not_there_is_a_404(site: Site) -> None:
    assert (await site.http.post(_path("run_no", "input/say"), json={"data": 1})).status_code == 404


async def test_the_same_writer_writes_streams_of_one_name_beside_each_other(site: Site) -> None:
    parent = await site.trigger("hold")
    child = await site.trigger("hold", parentRunId=parent)
    headers = {"X-Client-Id": "me"}
    for place in ("self/rows", "parent/rows"):
        assert (await site.http.post(_path(child, place), content=b"1\n2\n", headers=headers)).status_code == 200
        looked = await site.http.head(_path(child, place), headers=headers)
        assert looked.headers["x-last-chunk-index"] == "1"
    await site.engine.cancel([RunId(parent)])
    for run_id in (parent, child):
        assert _data(await _all(site, run_id, "rows")) == [1, 2]
