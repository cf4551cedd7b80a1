"""Batches over HTTP: opened, filled line by line, sealed once, read back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runcast.api.routes import batches
from runcast.clock import ManualClock
from runcast.domain.limits import BATCH_OPEN_MS, HTTP_ITEM_BYTES_MAX
from runcast.domain.queue import QueueChange
from tests.api.site import PATIENCE_S, Site, serving

NDJSON = {"Content-Type": "application/x-ndjson"}


def lines(items: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(msgspec.json.encode(item) + b"\n" for item in items)


def hellos(count: int, **options: Any) -> list[dict[str, Any]]:
    return [
        {"index": index, "task": "hello", "payload": f'{{"name":"{index}"}}',
         "options": {"payloadType": "application/json", **options}}
        for index in range(count)
    ]  # fmt: skip


async def opened(site: Site, count: int, **body: Any) -> str:
    return str((await site.post("/api/v3/batches", {"runCount": count, **body}))["id"])


async def fill(site: Site, batch: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    return await site.http.post(f"/api/v3/batches/{batch}/items", content=body, headers=NDJSON | (headers or {}))


async def until_status(site: Site, batch: str, status: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found: dict[str, Any] = await site.get(f"/api/v2/batches/{batch}")
            if found["status"] == status:
                return found
            for run in found["runs"]:
                await site.ended(run)


# --- filling


async def test_items_become_runs_and_the_last_one_seals_the_batch(any_site: Site) -> None:
    batch = await opened(any_site, 5)
    filled = (await fill(any_site, batch, lines(hellos(5)))).json()
    assert (filled["itemsAccepted"], filled["itemsDeduplicated"], filled["sealed"]) == (5, 0, True)
    done = await until_status(any_site, batch, "COMPLETED")
    outputs = [(await any_site.ended(run)).output for run in done["runs"]]
    assert outputs == [f'"hello {index}"' for index in range(5)]
    assert done["processing"]["errors"] == []
    assert "completedAt" in done["processing"]


async def test_a_batch_stays_open_until_every_item_is_there_and_its_runs_start_before(idle_site: Site) -> None:
    batch = await opened(idle_site, 3)
    first = (await fill(idle_site, batch, lines(hellos(2)))).json()
    assert (first["itemsAccepted"], first["sealed"]) == (2, False)
    found = await idle_site.get(f"/api/v2/batches/{batch}")
    assert (found["status"], len(found["runs"])) == ("PENDING", 2)
    again = (await fill(idle_site, batch, lines(hellos(3)))).json()
    assert (again["itemsAccepted"], again["itemsDeduplicated"], again["sealed"]) == (1, 2, True)
    assert len((await idle_site.get(f"/api/v2/batches/{batch}"))["runs"]) == 3


async def test_a_sealed_batch_takes_its_items_again_and_stores_none(idle_site: Site) -> None:
    batch = await opened(idle_site, 4)
    await fill(idle_site, batch, lines(hellos(4)))
    runs = (await idle_site.get(f"/api/v2/batches/{batch}"))["runs"]
    again = await fill(idle_site, batch, lines(hellos(4)))
    assert again.status_code == 200
    assert (again.json()["itemsAccepted"], again.json()["itemsDeduplicated"], again.json()["sealed"]) == (0, 4, True)
    assert (await idle_site.get(f"/api/v2/batches/{batch}"))["runs"] == runs


async def test_two_uploads_at_once_store_each_item_once(idle_site: Site) -> None:
    batch = await opened(idle_site, 600)
    both = await asyncio.gather(*(fill(idle_site, batch, lines(hellos(600))) for _ in range(2)))
    assert sum(answer.json()["itemsAccepted"] for answer in both) == 600
    assert len((await idle_site.get(f"/api/v2/batches/{batch}"))["runs"]) == 600


async def test_lines_may_come_in_pieces_of_any_size(idle_site: Site) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        body = b"\n  \r\n" + lines(hellos(7)).rstrip()
        for start in range(0, len(body), 13):
            yield body[start : start + 13]

    batch = await opened(idle_site, 7)
    assert (await fill(idle_site, batch, dripping())).json()["sealed"]


async def test_an_item_whose_key_names_an_older_run_is_that_run(idle_site: Site) -> None:
    older = await idle_site.trigger("hello", {}, idempotencyKey="same")
    batch = await opened(idle_site, 2)
    await fill(
        idle_site, batch, lines([hellos(1)[0], {"index": 1, "task": "hello", "options": {"idempotencyKey": "same"}}])
    )
    found = await idle_site.get(f"/api/v2/batches/{batch}")
    assert found["status"] == "PROCESSING"
    assert found["runs"][1] == older


# --- items that are none


async def test_an_item_that_cannot_be_triggered_is_an_error_of_its_batch(site: Site) -> None:
    batch = await opened(site, 3)
    bad = {"index": 1, "task": "hello", "payload": {}, "options": {"delay": "soon"}}
    filled = (await fill(site, batch, lines([hellos(1)[0], bad, hellos(3)[2]]))).json()
    assert filled["sealed"]
    found = await until_status(site, batch, "PARTIAL_FAILED")
    (error,) = found["processing"]["errors"]
    assert (error["index"], error["taskIdentifier"]) == (1, "hello")
    assert "delay" in error["error"]
    assert len(found["runs"]) == 2


async def test_an_item_that_is_too_large_is_an_error_however_long_its_line_is(site: Site) -> None:
    async def huge() -> AsyncIterator[bytes]:
        yield b'{"index":0,"task":"hello","payload":"'
        for _ in range(5):
            yield b"x" * (HTTP_ITEM_BYTES_MAX // 2)
        yield b'"}\n'
        yield lines(hellos(2)[1:])

    batch = await opened(site, 2)
    assert (await fill(site, batch, huge())).json()["sealed"]
    (error,) = (await until_status(site, batch, "PARTIAL_FAILED"))["processing"]["errors"]
    assert (error["index"], error["errorCode"]) == (0, "PAYLOAD_TOO_LARGE")


async def test_a_batch_of_nothing_but_errors_is_aborted(site: Site) -> None:
    batch = await opened(site, 1)
    await fill(site, batch, lines([{"index": 0, "task": "", "payload": 1}]))
    assert (await site.get(f"/api/v2/batches/{batch}"))["status"] == "ABORTED"


async def test_an_unknown_task_is_a_run_that_waits_for_it(site: Site) -> None:
    batch = await opened(site, 1)
    await fill(site, batch, lines([{"index": 0, "task": "later", "payload": 1}]))
    (run,) = (await site.get(f"/api/v2/batches/{batch}"))["runs"]
    assert (await site.get(f"/api/v3/runs/{run}"))["status"] == "PENDING_VERSION"


async def test_what_is_no_item_is_refused(idle_site: Site) -> None:
    batch = await opened(idle_site, 2)
    for body in (
        b"{",
        b"[1]",
        b'{"task":"hello"}',
        b'{"index":2,"task":"hello"}',
        b'{"index":-1,"task":"hello"}',
        b"\xff",
    ):
        assert (await fill(idle_site, batch, body)).status_code == 400, body
    assert (await fill(idle_site, batch, b"{", {"Content-Type": "application/json"})).status_code == 415
    assert (await fill(idle_site, batch, b"{", {"Content-Encoding": "gzip"})).status_code == 415
    assert (await fill(idle_site, "batch_none", lines(hellos(1)))).status_code == 404
    unknown = b'{"payload":"' + b"x" * HTTP_ITEM_BYTES_MAX + b'"}'
    assert (await fill(idle_site, batch, unknown)).status_code == 413
    assert (await idle_site.get(f"/api/v2/batches/{batch}"))["runs"] == []


async def test_the_size_of_a_batch_is_bounded(idle_site: Site) -> None:
    for count in (0, -1, 1001, "many"):
        assert (await idle_site.http.post("/api/v3/batches", json={"runCount": count})).status_code == 400


async def test_a_batch_that_nobody_filled_is_given_up_after_a_day() -> None:
    clock = ManualClock()
    async with serving(environments=(), clock=clock) as site:
        batch = await opened(site, 2, idempotencyKey="daily")
        clock.advance(BATCH_OPEN_MS + 1)
        assert (await site.get(f"/api/v2/batches/{batch}"))["status"] == "ABORTED"
        assert (await fill(site, batch, lines(hellos(2)))).status_code == 422
        assert await opened(site, 2, idempotencyKey="daily") != batch


# --- idempotency


async def test_a_key_names_the_batch_and_a_sealed_one_needs_no_items(idle_site: Site) -> None:
    first = await idle_site.post("/api/v3/batches", {"runCount": 2, "idempotencyKey": "order-7"})
    assert (first["isCached"], first["idempotencyKey"]) == (False, "order-7")
    interrupted = await idle_site.post("/api/v3/batches", {"runCount": 2, "idempotencyKey": "order-7"})
    assert (interrupted["id"], interrupted["isCached"]) == (first["id"], False)
    await fill(idle_site, first["id"], lines(hellos(2)))
    cached = await idle_site.post("/api/v3/batches", {"runCount": 2, "idempotencyKey": "order-7"})
    assert (cached["id"], cached["isCached"]) == (first["id"], True)


async def test_a_key_of_an_open_batch_of_another_size_is_refused(idle_site: Site) -> None:
    await opened(idle_site, 2, idempotencyKey="k")
    answer = await idle_site.http.post("/api/v3/batches", json={"runCount": 3, "idempotencyKey": "k"})
    assert answer.status_code == 422


# --- who may


async def test_a_public_token_opens_and_fills_batches_of_its_tasks_only(idle_site: Site) -> None:
    token = idle_site.bearer("batchTrigger:tasks:hello")
    body = {"runCount": 2, "taskIdentifiers": ["hello"]}
    answer = await idle_site.http.post("/api/v3/batches", json=body, headers=token)
    assert answer.status_code == 202
    own = {"Authorization": f"Bearer {answer.headers['x-trigger-jwt']}"}
    batch = answer.json()["id"]
    other = lines([{"index": 0, "task": "echo"}])
    assert (await fill(idle_site, batch, other, own)).status_code == 403
    assert (await fill(idle_site, batch, other, token)).status_code == 403
    assert (await fill(idle_site, batch, lines(hellos(1)), own)).status_code == 200
    assert (await fill(idle_site, batch, lines(hellos(2)), token)).json()["sealed"]
    assert (await idle_site.http.get(f"/api/v2/batches/{batch}", headers=own)).status_code == 200
    assert (await idle_site.http.get(f"/api/v2/batches/{batch}", headers=token)).status_code == 403


async def test_a_public_token_names_every_task_that_it_opens_a_batch_for(idle_site: Site) -> None:
    token = idle_site.bearer("batchTrigger:tasks:hello")
    for tasks in (["hello", "echo"], ["echo"], []):
        body = {"runCount": 1, "taskIdentifiers": tasks}
        assert (await idle_site.http.post("/api/v3/batches", json=body, headers=token)).status_code == 403


async def test_a_public_token_does_not_reach_a_batch_of_others_by_its_key(idle_site: Site) -> None:
    batch = await opened(idle_site, 1, idempotencyKey="secret")
    await fill(idle_site, batch, lines([{"index": 0, "task": "echo"}]))
    body = {"runCount": 1, "taskIdentifiers": ["hello"], "idempotencyKey": "secret"}
    answer = await idle_site.http.post(
        "/api/v3/batches", json=body, headers=idle_site.bearer("batchTrigger:tasks:hello")
    )
    assert answer.status_code == 422
    assert "x-trigger-jwt" not in answer.headers
    answer = await idle_site.http.post(
        "/api/v2/tasks/batch",
        json={"items": [{"task": "hello"}]},
        headers={**idle_site.bearer("batchTrigger:tasks:hello"), "idempotency-key": "secret"},
    )
    assert answer.status_code == 422
    assert "x-trigger-jwt" not in answer.headers


async def test_a_token_without_the_scope_neither_fills_nor_reads(idle_site: Site) -> None:
    batch = await opened(idle_site, 1)
    for scope in ("read:runs:run_x", "write:batch:batch_other", "read:batch:batch_other"):
        token = idle_site.bearer(scope)
        assert (await fill(idle_site, batch, b"", token)).status_code == 403
        assert (await fill(idle_site, batch, lines(hellos(1)), token)).status_code == 403
        assert (await idle_site.http.get(f"/api/v2/batches/{batch}", headers=token)).status_code == 403
    assert (
        await idle_site.http.get(f"/api/v2/batches/{batch}", headers=idle_site.bearer("read:runs"))
    ).status_code == 200


async def test_a_batch_of_another_environment_is_not_there(idle_site: Site) -> None:
    batch = await opened(idle_site, 1)
    token = idle_site.bearer("write:batch", "read:batch", environment="prod")
    assert (await idle_site.http.get(f"/api/v2/batches/{batch}", headers=token)).status_code == 404
    assert (await fill(idle_site, batch, lines(hellos(1)), token)).status_code == 404


# --- the older way


async def test_a_batch_in_one_body_is_stored_whole(site: Site) -> None:
    items = [{"task": "hello", "payload": {"name": "a"}}, {"task": "echo", "payload": {"value": 1}}]
    answer = await site.http.post("/api/v2/tasks/batch", json={"items": items}, headers={"idempotency-key": "once"})
    assert answer.status_code == 200
    assert answer.json()["runCount"] == 2
    again = await site.post("/api/v2/tasks/batch", {"items": items}, headers={"idempotency-key": "once"})
    assert again["id"] == answer.json()["id"]
    done = await until_status(site, answer.json()["id"], "COMPLETED")
    assert [(await site.ended(run)).output for run in done["runs"]] == ['"hello a"', "1"]


async def test_a_body_with_an_item_that_is_none_stores_nothing(idle_site: Site) -> None:
    items = [{"task": "hello"}, {"task": "hello", "options": {"ttl": "never"}}]
    assert (await idle_site.http.post("/api/v2/tasks/batch", json={"items": items})).status_code == 400
    many = [{"task": "hello"}] * 501
    assert (await idle_site.http.post("/api/v2/tasks/batch", json={"items": many})).status_code == 400
    assert (await idle_site.http.post("/api/v2/tasks/batch", json={"items": []})).status_code == 400
    page = await idle_site.engine.list_runs(_everything())
    assert page.runs == ()


async def test_the_key_of_a_body_with_an_item_that_is_none_is_free(idle_site: Site) -> None:
    key = {"idempotency-key": "nightly"}
    bad = [{"task": "hello"}, {"task": "hello", "options": {"ttl": "never"}}]
    assert (await idle_site.http.post("/api/v2/tasks/batch", json={"items": bad}, headers=key)).status_code == 400
    assert (await idle_site.post("/api/v2/tasks/batch", {"items": bad[:1]}, headers=key))["runCount"] == 1


async def test_payloads_of_one_body_are_bounded_together(idle_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "WHOLE_CHARS_MAX", 100)
    items = [{"task": "hello", "payload": {"name": "x" * 60}}] * 2
    assert (await idle_site.http.post("/api/v2/tasks/batch", json={"items": items})).status_code == 413


async def test_an_item_and_an_error_of_one_place_count_once(idle_site: Site) -> None:
    batch = await opened(idle_site, 2)
    both = [*hellos(1), {"index": 0, "task": "hello", "options": {"ttl": "never"}}]
    filled = (await fill(idle_site, batch, lines(both))).json()
    assert (filled["itemsAccepted"], filled["itemsDeduplicated"], filled["sealed"]) == (1, 1, False)
    assert (await idle_site.get(f"/api/v2/batches/{batch}"))["processing"]["errors"] == []


async def test_a_batch_of_the_python_client_is_found_too(site: Site) -> None:
    from runcast.sdk.client import Client

    handle = await Client(gateway=site.engine).batch_trigger("hello", [{}, {}])
    found = await until_status(site, handle.id, "COMPLETED")
    assert found["runCount"] == 2


def _everything() -> Any:
    from runcast.gateway import RunFilter

    return RunFilter()


async def test_results_come_by_position_and_large_outputs_by_path(any_site: Site) -> None:
    batch = await opened(any_site, 4)
    items = [{"index": 0, "task": "hello"}, {"index": 1, "task": "fail"},
             {"index": 2, "task": "echo", "payload": {"value": "x" * 200_000}}, {"index": 3, "task": "hold"}]  # fmt: skip
    await fill(any_site, batch, lines(items))
    runs = (await any_site.get(f"/api/v2/batches/{batch}"))["runs"]
    for run in runs[:3]:
        await any_site.ended(run)
    hello, failed, echo = (await any_site.get(f"/api/v1/batches/{batch}/results"))["items"]
    assert (hello["ok"], hello["id"], hello["output"]) == (True, runs[0], '"hello world"')
    assert (failed["ok"], failed["error"]["type"]) == (False, "BUILT_IN_ERROR")
    assert (echo["output"], echo["outputType"]) == (f"runs/{runs[2]}/output", "application/store")
    assert (await any_site.http.get("/api/v1/batches/batch_none/results")).status_code == 404


async def test_a_one_time_token_opens_one_batch_however_often_its_request_is_sent(idle_site: Site) -> None:
    token = idle_site.bearer("batchTrigger:tasks:hello", once="nonce")
    body = {"runCount": 1, "taskIdentifiers": ["hello"]}

    async def ask(request: str) -> Any:
        headers = token | {"x-trigger-request-idempotency-key": request}
        return await idle_site.http.post("/api/v3/batches", json=body, headers=headers)

    first, again, other = await ask("one"), await ask("one"), await ask("two")
    assert (first.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert other.status_code == 422
    assert "one-time use token" in other.json()["error"]


async def test_a_batch_goes_on_after_a_restart(tmp_path: Path) -> None:
    database = str(tmp_path / "runcast.db")
    async with serving(database, environments=()) as site:
        batch = await opened(site, 300)
        assert (await fill(site, batch, lines(hellos(299)))).json()["itemsAccepted"] == 299
    async with serving(database, environments=()) as site:
        filled = (await fill(site, batch, lines(hellos(300)))).json()
        assert (filled["itemsAccepted"], filled["itemsDeduplicated"], filled["sealed"]) == (1, 299, True)


async def test_a_full_queue_refuses_a_piece_and_the_rest_comes_later(site: Site) -> None:
    await site.run("hello", {}, queue={"name": "narrow"})
    await site.engine.change_queue("narrow", QueueChange(max_length=3, paused=True))
    batch = await opened(site, 5)
    items = hellos(5, queue={"name": "narrow"})
    refused = await fill(site, batch, lines(items))
    assert (refused.status_code, refused.json()["code"]) == (429, "overloaded")
    assert (await site.get(f"/api/v2/batches/{batch}"))["runs"] == []
    await fill(site, batch, lines(items[:3]))
    await site.engine.change_queue("narrow", QueueChange(paused=False))
    for run in (await site.get(f"/api/v2/batches/{batch}"))["runs"]:
        await site.ended(run)
    assert (await fill(site, batch, lines(items))).json()["sealed"]
