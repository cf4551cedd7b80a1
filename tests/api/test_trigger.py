"""`POST /api/v1/tasks/{task}/trigger`: what is stored, what comes back, what is refused."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import jwt
import pytest

from runcast.domain.run import RunStatus
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings
from tests.api.site import PATIENCE_S, Site, sample_tasks, serving

REQUEST_KEY = "x-trigger-request-idempotency-key"


async def post(site: Site, body: Any, *, to: str = "hello", **headers: str) -> tuple[int, Any]:
    answer = await site.http.post(f"/api/v1/tasks/{to}/trigger", json=body, headers=headers)
    return answer.status_code, answer.json()


async def test_a_triggered_run_ends_and_is_read_with_its_output(any_site: Site) -> None:
    run = await any_site.run("add", {"a": 2, "b": 3})
    assert (run["status"], run["output"], run["isCompleted"]) == ("COMPLETED", 5, True)


async def test_the_answer_carries_a_token_that_reads_the_run_and_no_other(site: Site) -> None:
    answer = await site.http.post("/api/v1/tasks/hello/trigger", json={})
    run_id, token = answer.json()["id"], answer.headers["x-trigger-jwt"]
    assert answer.json()["isCached"] is False
    scopes = [f"read:runs:{run_id}", f"write:inputStreams:{run_id}"]
    assert jwt.decode(token, options={"verify_signature": False})["scopes"] == scopes
    assert json.loads(answer.headers["x-trigger-jwt-claims"])["scopes"] == scopes
    bearer = {"Authorization": f"Bearer {token}"}
    await site.get(f"/api/v3/runs/{run_id}", headers=bearer)
    other = await site.trigger("hello")
    assert (await site.http.get(f"/api/v3/runs/{other}", headers=bearer)).status_code == 403


@pytest.mark.parametrize(
    ("task", "payload", "where"),
    [
        ("add", {"a": 1, "b": "many"}, 'b: a number is expected, got "many"'),
        ("add", {"a": 1}, "'b' is missing"),
        ("add", None, "'a' is missing"),
        ("hello", {"nme": "Ada"}, "there is no 'nme'"),
    ],
    ids=str,
)
async def test_a_payload_that_cannot_fit_is_refused_where_that_is_asked_for(
    any_site: Site, task: str, payload: Any, where: str
) -> None:
    status, answer = await post(any_site, {"payload": payload, "checkPayload": True}, to=task)
    assert (status, answer["code"], answer["param"]) == (422, "invalid_payload", "payload")
    assert answer["error"] == f"the payload does not fit task {task!r}: {where}"
    assert (await any_site.get("/api/v1/runs"))["data"] == []


@pytest.mark.parametrize(
    ("task", "payload"),
    [("add", {"a": 1, "b": "2"}), ("hello", None), ("hello", {}), ("echo", {"value": [1]}), ("unknown", {"x": 1})],
    ids=str,
)
async def test_a_payload_that_may_fit_is_taken(site: Site, task: str, payload: Any) -> None:
    assert (await post(site, {"payload": payload, "checkPayload": True}, to=task))[0] == 200


async def test_without_the_wish_a_payload_is_taken_as_official_servers_do_and_its_run_says_what_is_wrong(
    site: Site,
) -> None:
    run = await site.run("add", {"a": 1, "b": "many"})
    assert (run["status"], run["attemptCount"]) == ("FAILED", 1)
    assert "b" in run["error"]["message"]


# --- payloads -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        ({"payload": {"value": 1}}, {"value": 1}),
        ({"payload": "hi"}, "hi"),
        ({}, None),
        ({"payload": '{"value":1}', "options": {"payloadType": "application/json"}}, {"value": 1}),
        ({"payload": {"value": 1}, "options": {"payloadType": "application/json"}}, {"value": 1}),
        ({"payload": "hi", "options": {"payloadType": "text/plain"}}, "hi"),
        (
            {
                "payload": '{"json":{"value":"1"},"meta":{"values":{"value":["bigint"]}}}',
                "options": {"payloadType": "application/super+json"},
            },
            {"value": "1"},
        ),
        ({"options": {"payloadType": "application/super+json"}}, None),
    ],
)
async def test_payloads_are_read_as_their_type_says(site: Site, body: Any, payload: Any) -> None:
    status, answer = await post(site, body, to="echo")
    assert status == 200
    assert (await site.get(f"/api/v3/runs/{answer['id']}"))["payload"] == payload


@pytest.mark.parametrize(
    "body",
    [
        {"payload": "{", "options": {"payloadType": "application/json"}},
        {"payload": "[1]", "options": {"payloadType": "application/super+json"}},
        {"payload": "x", "options": {"payloadType": "application/xml"}},
        {"payload": 5, "options": {"payloadType": "text/plain"}},
        {
            "payload": '{"json":{},"meta":{"values":{"__proto__.x":["Date"]}}}',
            "options": {"payloadType": "application/super+json"},
        },
        {"options": {"delay": "soon"}},
        {"options": {"delay": "9999-12-31"}},
        {"options": {"ttl": -1}},
        {"options": {"ttl": "1x"}},
        {"options": {"priority": 1e308}},
        {"options": {"priority": -1}},
        {"options": {"maxAttempts": 0}},
        {"options": {"maxDuration": 1e300}},
        {"options": {"idempotencyKey": "k", "idempotencyKeyTTL": "1d12h"}},
        {"options": {"debounce": {"key": "k", "delay": "1s", "mode": "both"}}},
        {"options": {"debounce": {"key": "k", "delay": "2s", "maxDelay": "1s"}}},
        {"options": {"tags": ["x" * 129]}},
        {"options": {"metadata": [1]}},
        {"options": {"queue": {"name": ""}}},
        {"options": {"parentRunId": "run_nope"}},
        {"options": "all"},
        [],
    ],
)
async def test_what_makes_no_sense_is_refused_and_stores_nothing(site: Site, body: Any) -> None:
    status, answer = await post(site, body)
    assert (status, bool(answer["error"])) == (400, True)
    assert (await site.get("/api/v1/runs"))["data"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 5_000, b'{"payload":' + b"[" * 3_000 + b"]" * 3_000 + b"}"])
async def test_a_body_that_is_no_json_is_refused(site: Site, body: bytes) -> None:
    answer = await site.http.post(
        "/api/v1/tasks/hello/trigger", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400


async def test_a_value_over_its_bound_is_refused(site: Site) -> None:
    assert (await post(site, {"options": {"idempotencyKey": "k" * 2_049}}))[0] == 413
    assert (await post(site, {"payload": "x" * 9_000_000}))[0] == 413
    assert (await post(site, {"payload": "x" * 13_000_000}))[0] == 413


# --- options --------------------------------------------------------------------------------------------------------


async def test_options_reach_the_run(idle_site: Site) -> None:
    options = {
        "queue": {"name": "mail", "concurrencyLimit": 5},
        "concurrencyKey": 7,
        "delay": "1h",
        "ttl": 60,
        "maxAttempts": 5,
        "maxDuration": 30,
        "machine": "small-2x",
        "priority": 2.5,
        "tags": "one",
        "metadata": '{"a":1}',
        "metadataType": "application/json",
        "test": True,
        "region": "eu",
        "idempotencyKey": "hash",
        "idempotencyKeyOptions": {"key": ["my", "key"], "scope": "run"},
        "lockToVersion": "20260101.1",
        "externalDeploymentId": None,
        "gates": [],
        "concurrency": [],
    }
    run_id = await idle_site.trigger("hello", **options)
    run = await idle_site.get(f"/api/v3/runs/{run_id}")
    assert (run["queue"], run["concurrencyKey"], run["ttl"], run["priority"]) == ("mail", "7", "60s", 2.5)
    assert (run["tags"], run["metadata"], run["isTest"], run["region"]) == (["one"], {"a": 1}, True, "eu")
    assert (run["idempotencyKey"], run["maxAttempts"]) == ("my-key", 5)
    stored = await idle_site.until(run_id, lambda _: True)
    assert (stored.max_duration_ms, stored.machine) == (30_000, "small-2x")
    assert stored.expires_at == stored.available_at + 60_000


async def test_an_idempotency_key_names_one_run_per_task(any_site: Site) -> None:
    bodies = [{"options": {"idempotencyKey": "k"}}] * 5
    answers = await asyncio.gather(*(post(any_site, body) for body in bodies))
    assert len({answer["id"] for _, answer in answers}) == 1
    assert sorted(answer["isCached"] for _, answer in answers) == [False, True, True, True, True]
    other = await post(any_site, bodies[0], to="echo")
    assert other[1]["isCached"] is False


async def test_a_debounced_trigger_pushes_the_run_and_gives_it_its_data(any_site: Site) -> None:
    debounce = {"key": "k", "delay": "1h", "mode": "trailing"}
    first = await any_site.trigger("echo", {"value": 1}, debounce=debounce, tags=["old"])
    second = await any_site.trigger("echo", {"value": 2}, debounce=debounce, tags=["new"])
    assert second == first
    run = await any_site.get(f"/api/v3/runs/{first}")
    assert (run["payload"], run["tags"]) == ({"value": 2}, ["new"])
    assert (await any_site.get("/api/v1/runs?filter[tag]=old"))["data"] == []
    assert [run["id"] for run in (await any_site.get("/api/v1/runs?filter[tag]=new"))["data"]] == [first]


async def test_a_delay_in_the_past_is_none(site: Site) -> None:
    assert (await site.run("hello", delay="2020-01-01T00:00:00Z"))["status"] == "COMPLETED"


async def test_a_run_that_does_not_start_in_time_expires() -> None:
    async with serving(environments=()) as site:
        run_id = await site.trigger("hello", ttl="1s")
        run = await site.ended(run_id)
        view = await site.get(f"/api/v3/runs/{run_id}")
    assert run.status is RunStatus.EXPIRED
    assert (view["isCompleted"], view["isFailed"], view["expiredAt"]) == (True, True, view["finishedAt"])


async def test_a_task_that_nobody_knows_waits_for_a_worker_that_does() -> None:
    later = Registry()

    @task(registry=later)
    async def new_one() -> str:
        return "here now"

    async with serving() as site:
        run_id = await site.trigger("new_one")
        assert (await site.get(f"/api/v3/runs/{run_id}"))["status"] == "PENDING_VERSION"
        worker = EmbeddedWorker(site.engine, later, WorkerSettings(grace_ms=0))
        worker.start()
        try:
            assert (await site.ended(run_id)).output == '"here now"'
        finally:
            worker.stop(grace_ms=0)
            await asyncio.wait_for(worker.joined(), PATIENCE_S)


async def test_a_run_below_another_is_in_its_tree(site: Site) -> None:
    parent = await site.trigger("hello", delay="1h")
    child = await site.get(f"/api/v3/runs/{await site.trigger('hello', delay='1h', parentRunId=parent)}")
    assert (child["depth"], child["relatedRuns"]["parent"]["id"]) == (1, parent)
    [below] = (await site.get(f"/api/v3/runs/{parent}"))["relatedRuns"]["children"]
    assert below["id"] == child["id"]


# --- who may --------------------------------------------------------------------------------------------------------


async def test_a_token_triggers_its_task_and_no_other(site: Site) -> None:
    token = site.bearer("trigger:tasks:hello")
    assert (await post(site, {}, **token))[0] == 200
    assert (await post(site, {}, **site.bearer("write:tasks:hello")))[0] == 200
    assert (await post(site, {}, to="echo", **token))[0] == 403
    assert (await post(site, {}, **site.bearer("read:tasks:hello")))[0] == 403
    assert (await post(site, {}, Authorization="Bearer nonsense"))[0] == 401


async def test_a_token_attaches_no_run_to_another(site: Site) -> None:
    parent = await site.trigger("hello", delay="1h")
    body = {"options": {"parentRunId": parent}}
    _, answer = await post(site, body, **site.bearer("trigger:tasks:hello"))
    assert (await site.get(f"/api/v3/runs/{answer['id']}"))["depth"] == 0


async def test_a_one_time_token_triggers_once(any_site: Site) -> None:
    token = any_site.bearer("trigger:tasks:hello", once=True)
    answers = await asyncio.gather(*(post(any_site, {}, **token) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 422, 422, 422, 422]
    assert all("one-time use token" in answer["error"] for status, answer in answers if status == 422)
    assert len((await any_site.get("/api/v1/runs"))["data"]) == 1


async def test_a_trigger_that_is_refused_burns_no_token(site: Site) -> None:
    token = site.bearer("trigger:tasks:hello", once=True)
    assert (await post(site, {"options": {"delay": "soon"}}, **token))[0] == 400
    assert (await post(site, {}, **token))[0] == 200


# --- sent again -----------------------------------------------------------------------------------------------------


async def test_a_request_that_is_sent_again_gets_the_first_answer(any_site: Site) -> None:
    answers = await asyncio.gather(*(post(any_site, {}, **{REQUEST_KEY: "r1"}) for _ in range(5)))
    assert len({answer["id"] for _, answer in answers}) == 1
    assert [answer["isCached"] for _, answer in answers] == [False] * 5
    assert (await post(any_site, {}, **{REQUEST_KEY: "r2"}))[1]["id"] != answers[0][1]["id"]
    assert (await post(any_site, {}, to="echo", **{REQUEST_KEY: "r1"}))[1]["id"] != answers[0][1]["id"]


async def test_a_one_time_token_is_sent_again_with_its_request(site: Site) -> None:
    headers = site.bearer("trigger:tasks:hello", once=True) | {REQUEST_KEY: "r1"}
    first, again = [await post(site, {}, **headers) for _ in range(2)]
    assert first == again
    assert (await post(site, {}, **headers | {REQUEST_KEY: "r2"}))[0] == 422


async def test_the_answer_to_a_request_is_for_who_asked(site: Site) -> None:
    mine, others = [site.bearer("trigger:tasks:hello", lifetime_s=60 * n) | {REQUEST_KEY: "r1"} for n in (1, 2)]
    assert (await post(site, {}, **mine))[1]["id"] != (await post(site, {}, **others))[1]["id"]


async def test_a_one_time_token_triggers_once_however_many_try_at_however_many_servers(postgres: str) -> None:
    async with serving(postgres, environments=()) as one, serving(postgres, environments=()) as other:
        token = one.bearer("trigger:tasks:hello", once=True)
        answers = await asyncio.gather(*(post(site, {}, **token) for _ in range(10) for site in (one, other)))
        assert sorted(status for status, _ in answers) == [200] + [422] * 19
        assert len((await other.get("/api/v1/runs"))["data"]) == 1


async def test_another_server_of_the_database_knows_the_answer(postgres: str) -> None:
    async with serving(postgres) as one, serving(postgres, sample_tasks()) as other:
        token = one.bearer("trigger:tasks:hello", once=True) | {REQUEST_KEY: "r1"}
        assert await post(one, {}, **token) == await post(other, {}, **token)
        assert (await post(other, {}, **token | {REQUEST_KEY: "r2"}))[0] == 422


@pytest.mark.parametrize(
    "options", [{"region": "x" * 129}, {"region": "a\0"}, {"idempotencyKeyOptions": {"key": "a\0", "scope": "run"}}]
)
async def test_what_every_list_shows_is_short(site: Site, options: dict[str, Any]) -> None:
    assert (await post(site, {"payload": {}, "options": options}))[0] == 400


async def test_an_empty_concurrency_key_is_none(site: Site) -> None:
    run = await site.run("hello", {}, concurrencyKey="")
    assert "concurrencyKey" not in run
