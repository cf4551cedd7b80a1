"""The page that a person answers on without an account: what opens it changes nothing, and nobody else can answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Literal

import httpx2
import pytest
from pydantic import BaseModel

from runcast.clock import ManualClock
from runcast.domain.run import RunStatus
from runcast.sdk import wait
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from tests.api.site import Site, serving

TOKENS = "/api/v1/waitpoints/tokens"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class Decision(BaseModel):
    verdict: Literal["publish", "drop"]
    remark: str = ""


def asking() -> Registry:
    registry = Registry()

    @task(registry=registry)
    async def publish(title: str) -> str:
        token = await wait.create_token(Decision, question=f"Publish {title}?")
        decision = await wait.for_token(token).unwrap()
        return f"{decision.verdict}: {decision.remark}"

    return registry


@pytest.fixture
async def office() -> AsyncIterator[Site]:
    async with serving(registry=asking()) as site:
        yield site


async def asked(office: Site, title: str = "the post") -> tuple[str, str, str]:
    """A run that waits, its token, and the path of its page."""
    run_id = await office.trigger("publish", {"title": title})
    await office.until(run_id, lambda run: run.status is RunStatus.WAITING)
    (token,) = (await office.get(TOKENS))["data"]
    return run_id, token["id"], path_of(token["pageUrl"])


def path_of(url: str) -> str:
    return url[url.index("/a/") :]


async def stranger(office: Site) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=office.url)


def seal_of(page: httpx2.Response) -> str:
    found = re.search(r'name=seal value="(\w+)"', page.text)
    assert found is not None, page.text
    return found[1]


async def test_a_person_with_the_address_answers_and_the_run_goes_on(office: Site) -> None:
    run_id, token_id, path = await asked(office)
    async with await stranger(office) as person:
        page = await person.get(path)
        assert page.status_code == 200 and "<h1>Publish the post?</h1>" in page.text and "publish" in page.text
        form = {"seal": seal_of(page), "decision": "0", "field.remark": "well done"}
        headers = {"origin": "null", "sec-fetch-site": "same-origin"}
        sent = await person.post(path, data=form, headers=headers)
        assert (sent.status_code, sent.headers["location"]) == (303, path.rpartition("/")[2])
        after = await person.get(path)
        assert "Decided: <strong>Publish</strong>" in after.text and "<form" not in after.text
    assert (await office.ended(run_id)).output == '"publish: well done"'
    told = await office.get(f"{TOKENS}/{token_id}")
    assert (told["completedBy"], told["question"]) == ("link", "Publish the post?")


async def test_whatever_opens_the_link_changes_nothing(office: Site) -> None:
    _, token_id, path = await asked(office)
    async with await stranger(office) as scanner:
        for method in ("GET", "HEAD", "OPTIONS"):
            await scanner.request(method, path)
        await scanner.get(f"{path}?decision=0")
        assert (await scanner.post(path, data={"decision": "0"})).status_code == 403, "a form that was never shown"
    assert (await office.get(f"{TOKENS}/{token_id}"))["status"] == "WAITING"


async def test_a_page_of_another_origin_cannot_answer(office: Site) -> None:
    _, token_id, path = await asked(office)
    async with await stranger(office) as person:
        form = {"seal": seal_of(await person.get(path)), "decision": "0"}
        for site in ("cross-site", "same-site"):
            refused = await person.post(path, data=form, headers={"sec-fetch-site": site})
            assert refused.status_code == 403
    assert (await office.get(f"{TOKENS}/{token_id}"))["status"] == "WAITING"


async def test_the_second_answer_is_told_of_the_first(office: Site) -> None:
    run_id, _, path = await asked(office)
    async with await stranger(office) as person:
        form = {"seal": seal_of(await person.get(path)), "decision": "1"}
        await person.post(path, data=form)
        again = await person.post(path, data={**form, "decision": "0"})
        assert again.status_code == 409 and "Decided: <strong>Drop</strong>" in again.text
    assert (await office.ended(run_id)).output == '"drop: "'


async def test_an_address_that_was_not_made_here_shows_nothing(office: Site) -> None:
    _, token_id, path = await asked(office)
    signature = path.rpartition(".")[2]
    async with await stranger(office) as person:
        for wrong in (path[:-1], f"/a/{token_id}", f"/a/other.{signature}", "/a/hidden", "/a/%C3%A9.x"):
            answer = await person.get(wrong)
            assert answer.status_code == 404 and "Publish" not in answer.text
            assert (await person.post(wrong, data={"decision": "0"})).status_code == 404


async def test_the_address_of_the_page_completes_nothing_at_the_door_of_programs(office: Site) -> None:
    _, token_id, path = await asked(office)
    signature = path.rpartition(".")[2]
    assert (await office.http.post(f"{TOKENS}/{token_id}/callback/{signature}", json=1)).status_code == 401


async def test_what_a_question_says_is_text(office: Site) -> None:
    _, _, path = await asked(office, HOSTILE)
    async with await stranger(office) as person:
        page = await person.get(path)
    assert "<script" not in page.text and "<img" not in page.text and "&lt;script&gt;" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "form-action 'self'" in policy and "script-src" not in policy
    assert page.headers["cache-control"] == "no-store" and page.headers["referrer-policy"] == "no-referrer"


async def test_a_wait_that_ran_out_says_so() -> None:
    clock = ManualClock()
    async with serving(environments=(), clock=clock) as site:
        token = await site.post(TOKENS, {"timeout": "1h", "question": "Still there?"})
        path = path_of(token["pageUrl"])
        form = {"seal": seal_of(await site.http.get(path)), "decision": "0"}
        clock.advance(3_600_001)
        async with asyncio.timeout(10):
            while "Nobody answered by" not in (page := await site.http.get(path)).text:
                await asyncio.sleep(0)
        assert "<form" not in page.text and "Still there?" in page.text
        assert (await site.http.post(path, data=form)).status_code == 409


async def test_a_question_without_a_schema_is_yes_or_no(any_site: Site) -> None:
    token = await any_site.post(TOKENS, {"question": "Spend $31?"})
    path = path_of(token["pageUrl"])
    form = {"seal": seal_of(await any_site.http.get(path)), "decision": "1"}
    assert (await any_site.http.post(path, data=form)).status_code == 303
    assert (await any_site.get(f"{TOKENS}/{token['id']}"))["output"] == "false"


async def test_a_list_says_who_asks_what_and_who_answered_what(office: Site) -> None:
    run_id, token_id, path = await asked(office)
    (open_one,) = (await office.get(TOKENS))["data"]
    assert (open_one["taskIdentifier"], open_one["question"]) == ("publish", "Publish the post?")
    assert [option["label"] for option in open_one["form"]["options"]] == ["Publish", "Drop"]
    assert "answer" not in open_one and path in open_one["pageUrl"]
    await office.post(f"{TOKENS}/{token_id}/complete", {"data": {"verdict": "drop"}})
    await office.ended(run_id)
    (decided,) = (await office.get(TOKENS))["data"]
    assert decided["answer"] == '{"verdict":"drop"}' and decided["completedBy"]


async def test_the_link_that_a_program_asks_for_is_the_one_of_the_api(office: Site) -> None:
    _, token_id, path = await asked(office)
    assert f"/{await office.engine.answer_path(token_id)}" == path


async def test_a_choice_begins_with_nothing_chosen() -> None:
    class Routing(BaseModel):
        approved: bool
        team: Literal["sales", "support", "legal", "press", "board", "works", "lab"] | None = None

    registry = Registry()

    @task(registry=registry)
    async def route() -> str | None:
        token = await wait.create_token(Routing, question="Whose is it?")
        return (await wait.for_token(token).unwrap()).team

    async with serving(registry=registry) as site:
        run_id = await site.trigger("route", {})
        await site.until(run_id, lambda run: run.status is RunStatus.WAITING)
        (token,) = (await site.get(TOKENS))["data"]
        async with httpx2.AsyncClient(base_url=site.url) as person:
            page = await person.get(path_of(token["pageUrl"]))
            assert "<option value=''>Choose…</option><option value=\"sales\">" in page.text
            await person.post(
                path_of(token["pageUrl"]), data={"seal": seal_of(page), "decision": "0", "field.team": ""}
            )
        run = await site.until(run_id, lambda run: run.is_final)
        assert run.output == "null"
