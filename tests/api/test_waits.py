"""Waitpoint tokens: made and completed from anywhere, the same waits that Python tasks make and wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import jwt
import pytest

from runcast.api.keys import make_key
from runcast.clock import ManualClock
from runcast.domain.access import Role
from runcast.domain.limits import PAYLOAD_BYTES_MAX
from runcast.domain.run import RunStatus
from runcast.sdk import metadata, wait
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from tests.api.site import Site, serving

TOKENS = "/api/v1/waitpoints/tokens"


def approvals() -> Registry:
    registry = Registry()

    @task(registry=registry)
    async def approve(token: str) -> Any:
        """Waits for a token that somebody else made."""
        return (await wait.for_token(token)).unwrap()

    @task(registry=registry)
    async def ask() -> bool:
        """Makes a token of its own."""
        token = await wait.create_token(bool, timeout="1h", tags="mine", idempotency_key="ask", idempotency_ttl="1h")
        metadata.set("token", token.id)
        return (await wait.for_token(token)).unwrap()

    return registry


@pytest.fixture
async def office() -> AsyncIterator[Site]:
    async with serving(registry=approvals()) as site:
        yield site


async def test_who_may_only_read_is_not_told_where_a_token_is_completed(site: Site) -> None:
    token = await site.post(TOKENS, {})
    key, new = make_key("board", role=Role.VIEWER)
    await site.engine.add_key(new)
    headers = {"Authorization": f"Bearer {key}"}
    (listed,) = (await site.get(TOKENS, headers=headers))["data"]
    found = await site.get(f"{TOKENS}/{token['id']}", headers=headers)
    for url in (listed["url"], found["url"]):
        assert url != token["url"]
        assert (await site.http.post(url, json=1)).status_code == 401
    assert (await site.get(f"{TOKENS}/{token['id']}"))["url"] == token["url"]


async def test_a_task_goes_on_with_what_completes_a_token_that_a_client_made(office: Site) -> None:
    token = await office.post(TOKENS, {"tags": "order", "timeout": "1d"})
    run_id = await office.trigger("approve", {"token": token["id"]})
    await office.until(run_id, lambda run: run.status is RunStatus.WAITING)
    assert await office.post(f"{TOKENS}/{token['id']}/complete", {"data": {"by": "ada"}}) == {"success": True}
    assert (await office.ended(run_id)).output == '{"by":"ada"}'


async def test_a_client_finds_and_completes_the_token_that_a_task_made(office: Site) -> None:
    run_id = await office.trigger("ask")
    await office.until(run_id, lambda run: run.status is RunStatus.WAITING)
    (found,) = (await office.get(TOKENS, params={"filter[status]": "WAITING", "filter[tags]": "mine"}))["data"]
    assert (found["runId"], found["tags"], found["status"]) == (run_id, ["mine"], "WAITING")
    assert found["idempotencyKey"] == "ask"
    assert {"timeoutAt", "createdAt", "idempotencyKeyExpiresAt"} <= set(found)
    whole = await office.get(f"{TOKENS}/{found['id']}")
    assert whole["schema"] == {"type": "boolean"}
    await office.post(f"{TOKENS}/{found['id']}/complete", {"data": True})
    assert (await office.ended(run_id)).output == "true"


async def test_a_value_that_the_task_could_not_read_is_refused_and_may_be_corrected(office: Site) -> None:
    run_id = await office.trigger("ask")
    await office.until(run_id, lambda run: run.status is RunStatus.WAITING)
    (found,) = (await office.get(TOKENS))["data"]
    refused = await office.http.post(f"{TOKENS}/{found['id']}/complete", json={"data": "maybe"})
    assert (refused.status_code, "boolean" in refused.json()["error"]) == (400, True)
    assert (await office.get(f"{TOKENS}/{found['id']}"))["status"] == "WAITING"
    await office.post(f"{TOKENS}/{found['id']}/complete", {"data": False})
    assert (await office.ended(run_id)).output == "false"


async def test_the_first_completion_wins_and_later_ones_succeed(any_site: Site) -> None:
    token = await any_site.post(TOKENS, {})
    for value in (1, 2):
        assert await any_site.post(f"{TOKENS}/{token['id']}/complete", {"data": value}) == {"success": True}
    found = await any_site.get(f"{TOKENS}/{token['id']}")
    assert (found["status"], found["output"], found["outputType"]) == ("COMPLETED", "1", "application/json")
    assert found["outputIsError"] is False
    assert "completedAt" in found
    assert "timeoutAt" not in found


async def test_the_token_that_comes_with_a_token_completes_that_one_only(site: Site) -> None:
    answer = await site.http.post(TOKENS, json={})
    mine, other = answer.json(), await site.post(TOKENS, {})
    bearer = answer.headers["x-trigger-jwt"]
    claims = jwt.decode(bearer, options={"verify_signature": False})
    assert claims["scopes"] == [f"write:waitpoints:{mine['id']}"]
    assert claims["exp"] - claims["iat"] == 86_400
    async with httpx2.AsyncClient(base_url=site.url, headers={"Authorization": f"Bearer {bearer}"}) as browser:
        assert (await browser.post(f"{TOKENS}/{other['id']}/complete", json={"data": 1})).status_code == 403
        assert (await browser.get(f"{TOKENS}/{mine['id']}")).status_code == 403
        assert (await browser.get(TOKENS)).status_code == 403
        assert (await browser.post(TOKENS, json={})).status_code == 403
        assert (await browser.post(f"{TOKENS}/{mine['id']}/complete", json={"data": 1})).status_code == 200
    assert (await site.get(f"{TOKENS}/{other['id']}"))["status"] == "WAITING"


async def test_equal_keys_are_the_same_token_within_their_time(site: Site) -> None:
    body = {"idempotencyKey": "k", "idempotencyKeyTTL": "1h"}
    first = await site.post(TOKENS, body)
    await site.post(f"{TOKENS}/{first['id']}/complete", {"data": 1})
    second = await site.post(TOKENS, body)
    assert (first["isCached"], second["isCached"], second["id"]) == (False, True, first["id"])
    assert second["url"] == first["url"]
    listed = await site.get(TOKENS, params={"filter[idempotencyKey]": "k"})
    assert [found["id"] for found in listed["data"]] == [first["id"]]


async def test_the_callback_address_completes_without_a_key(site: Site) -> None:
    token = await site.post(TOKENS, {})
    assert token["url"].startswith(site.url + TOKENS)
    async with httpx2.AsyncClient() as stranger:
        assert (await stranger.post(token["url"], json={"ok": 1})).json() == {"success": True}
    assert (await site.get(f"{TOKENS}/{token['id']}"))["output"] == '{"ok":1}'


@pytest.mark.parametrize("body", [b"", b"ok=1", b"{", b"\xff"])
async def test_a_callback_without_json_completes_with_an_empty_object(site: Site, body: bytes) -> None:
    token = await site.post(TOKENS, {})
    async with httpx2.AsyncClient() as stranger:
        assert (await stranger.post(token["url"], content=body)).status_code == 200
    assert (await site.get(f"{TOKENS}/{token['id']}"))["output"] == "{}"


async def test_a_callback_is_refused_for_what_is_wrong_with_it(site: Site) -> None:
    token, other = await site.post(TOKENS, {}), await site.post(TOKENS, {})
    address, signature = token["url"].rsplit("/", 1)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"{}"

    async with httpx2.AsyncClient() as stranger:
        forged = [f"{address}/{'0' * 64}", f"{address}/é", f"{address}/{other['url'].rsplit('/', 1)[1]}"]
        for url in forged:
            assert (await stranger.post(url, json={})).status_code == 401
        unknown = token["url"].replace(token["id"], "waitpoint_nobody")
        assert (await stranger.post(unknown, json={})).status_code == 404
        assert (await stranger.post(token["url"], content=chunks())).status_code == 411
        large = await stranger.post(token["url"], content=b"x" * (PAYLOAD_BYTES_MAX + 1))
        assert (large.status_code, large.json()["code"]) == (413, "value_too_large")
    assert (await site.get(f"{TOKENS}/{token['id']}"))["status"] == "WAITING"
    assert len(signature) == 64


async def test_a_token_that_nobody_completes_in_time_says_so_as_the_official_client_reads_it() -> None:
    clock = ManualClock()
    async with serving(environments=(), clock=clock) as site:
        token = await site.post(TOKENS, {"timeout": "1s"})
        clock.advance(1_001)
        async with asyncio.timeout(10):
            while (found := await site.get(f"{TOKENS}/{token['id']}"))["status"] == "WAITING":
                await asyncio.sleep(0)
    assert (found["status"], found["outputIsError"]) == ("TIMED_OUT", True)
    assert '"code":"TRIGGER_WAITPOINT_TIMEOUT"' in found["output"]


async def test_pages_of_tokens_lead_forth_and_back(any_site: Site) -> None:
    made = [(await any_site.post(TOKENS, {}))["id"] for _ in range(5)]
    made.reverse()
    first = await any_site.get(TOKENS, params={"page[size]": 2})
    second = await any_site.get(TOKENS, params={"page[size]": 2, "page[after]": first["pagination"]["next"]})
    last = await any_site.get(TOKENS, params={"page[size]": 2, "page[after]": second["pagination"]["next"]})
    pages = [[one["id"] for one in page["data"]] for page in (first, second, last)]
    assert pages == [made[:2], made[2:4], made[4:]]
    assert "previous" not in first["pagination"]
    assert "next" not in last["pagination"]
    back = await any_site.get(TOKENS, params={"page[size]": 2, "page[before]": last["pagination"]["previous"]})
    assert [one["id"] for one in back["data"]] == made[2:4]


async def test_a_time_filter_counts_from_now_or_between_two_times(any_site: Site) -> None:
    token = await any_site.post(TOKENS, {})
    now = any_site.engine.clock.now_ms()
    asked = {
        "filter[createdAt][period]": "1h",
        "filter[createdAt][from]": str(now - 60_000),
        "filter[createdAt][to]": "2999-01-01",
    }
    for name, value in asked.items():
        found = await any_site.get(TOKENS, params={name: value})
        assert [one["id"] for one in found["data"]] == [token["id"]], name
    assert (await any_site.get(TOKENS, params={"filter[createdAt][from]": "2999-01-01T00:00:00Z"}))["data"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"filter[status]": "OPEN"},
        {"page[size]": "0"},
        {"page[size]": "101"},
        {"page[after]": "a", "page[before]": "b"},
        {"filter[createdAt][period]": "soon"},
        {"filter[createdAt][from]": "soon"},
    ],
    ids=str,
)
async def test_a_list_that_cannot_be_meant_is_refused(site: Site, asked: dict[str, str]) -> None:
    refused = await site.http.get(TOKENS, params=asked)
    assert refused.status_code == 400
    assert refused.json()["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"timeout": "soon"}, 422), ({"idempotencyKey": "x" * 2_049}, 413), ({"tags": 5}, 400), ([], 400)],
    ids=["timeout", "key", "tags", "list"],
)
async def test_a_token_that_cannot_be_made_is_refused(site: Site, body: Any, status: int) -> None:
    refused = await site.http.post(TOKENS, json=body)
    assert refused.status_code == status
    assert refused.json()["error"]


async def test_tokens_of_another_environment_are_not_there(site: Site) -> None:
    token = await site.post(TOKENS, {})
    elsewhere = site.bearer(f"write:waitpoints:{token['id']}", environment="prod")
    answer = await site.http.post(f"{TOKENS}/{token['id']}/complete", json={"data": 1}, headers=elsewhere)
    assert answer.status_code == 404
    assert (await site.http.post(f"{TOKENS}/nothing/complete", json={"data": 1})).status_code == 404
    assert (await site.http.get(f"{TOKENS}/nothing")).status_code == 404


async def test_the_page_in_front_of_all_is_that_of_the_oldest(idle_site: Site) -> None:
    made = sorted([(await idle_site.post(TOKENS, {}))["id"] for _ in range(3)])
    params = {"filter[status]": "WAITING", "page[size]": "2", "page[before]": "0"}
    page = (await idle_site.http.get(TOKENS, params=params)).json()
    assert [one["id"] for one in page["data"]] == [made[1], made[0]]
    assert page["pagination"]["previous"] == made[1]
