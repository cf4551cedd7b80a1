"""Links to a lead: what they show to whoever has them, live, and that it is nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from runcast import transact
from runcast.apps.leads.contract import FoundProfile, Outcome
from runcast.apps.leads.routes import shares
from runcast.apps.leads.sharing import SHARES_MAX, add_share
from tests.api.site import Site
from tests.leads.scripted import ADA as PROFILE
from tests.leads.scripted import Script, no_research
from tests.leads.test_http import ADA, bulk, ended

NOBODY = {"Authorization": ""}
SECRET = "told in confidence"
ANSWER = "what the provider said"


async def shared(site: Site, lead: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = await site.post(f"/api/leads/{lead['id']}/share", {"expiresInDays": 1})
    return made


async def told(site: Site, token: str) -> AsyncIterator[tuple[str, Any]]:
    """The events of a link, as a browser without an account hears them."""
    kind = "message"
    async with site.http.stream("GET", f"/api/leads/shared/{token}/live", headers=NOBODY) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data" or line == "data:":
                yield kind, json.loads(value) if value else None


async def test_a_link_shows_a_lead_to_people_without_an_account_until_it_is_revoked(any_site: Site) -> None:
    lead = (await bulk(any_site, ADA))["leads"][0]
    await ended(any_site, lead)
    made = await shared(any_site, lead)
    path = f"/api/leads/shared/{made['token']}"
    shown = await any_site.get(path, headers=NOBODY)
    assert (shown["name"], shown["status"], shown["client"]) == ("Ada Lovelace", "completed", "Globex")
    assert (await any_site.http.get(f"{path}/assets/landing.html", headers=NOBODY)).status_code == 200
    (listed,) = (await any_site.get(f"/api/leads/{lead['id']}/shares"))["data"]
    assert made["token"] not in str(listed)
    await any_site.http.delete(f"/api/leads/{lead['id']}/shares/{listed['id']}")
    for gone in (path, f"{path}/live", f"{path}/assets/landing.html", f"/api/leads/shared/{'a' * 32}"):
        assert (await any_site.http.get(gone, headers=NOBODY)).status_code == 404


async def test_a_link_that_has_expired_leads_nowhere(site: Site) -> None:
    lead = (await bulk(site, ADA))["leads"][0]
    digest = shares._digest("e" * 32)
    await transact(add_share, "dev", lead["id"], digest, "somebody", 0)
    assert (await site.http.get(f"/api/leads/shared/{'e' * 32}", headers=NOBODY)).status_code == 404


async def test_a_link_shows_what_was_made_and_nothing_of_how(site: Site, script: Script) -> None:
    found = FoundProfile(
        outcome=Outcome.FILLED, value=PROFILE, source="paid", cost_usd=0.28, raw={"answer": ANSWER}, detail="Paid knows"
    )
    script.says("enrich", found)
    script.says("research", no_research(Outcome.OUT_OF_CREDITS, detail="Paid has no credit left"))
    people = [{"linkedinUrl": ADA, "text": SECRET, "facts": [{"name": "note", "value": SECRET, "source": "CSV"}]}]
    lead = (await bulk(site, ADA, people=people))["leads"][0]
    whole = await ended(site, lead)
    path = f"/api/leads/shared/{(await shared(site, lead))['token']}"
    answer = await site.http.get(path, headers=NOBODY)
    assert set(answer.json()) == {
        "name", "slug", "title", "company", "linkedinUrl", "client", "status", "progress", "currentStep", "createdAt",
        "finishedAt", "steps", "assets",
    }  # fmt: skip
    assert {key for step in answer.json()["steps"] for key in step} == {"key", "title", "status", "started", "finished"}
    runs = [run["id"] for run in whole["runs"]] + [step["runId"] for step in whole["steps"] if step["runId"]]
    for kept in (SECRET, ANSWER, "Paid", "paid", "credit", lead["id"], whole["client"]["id"], *runs):
        assert kept not in answer.text
    (profile,) = [one for one in whole["assets"] if one["kind"] == "profile"]
    for name in ("profile.json", profile["id"]):
        assert (await site.http.get(f"{path}/assets/{name}", headers=NOBODY)).status_code == 404


async def test_whoever_has_a_link_sees_the_lead_come_on_until_it_has_ended(any_site: Site) -> None:
    lead = (await bulk(any_site, ADA, approval=True))["leads"][0]
    made = await shared(any_site, lead)
    seen = []
    async for kind, shown in told(any_site, made["token"]):
        seen.append((kind, shown and shown["status"]))
        if shown and shown["status"] == "waiting":
            assert [asset["kind"] for asset in shown["assets"]] == ["research", "email", "email", "page"]
            await any_site.post(f"/api/leads/{lead['id']}/cancel")
    assert seen[-2:] == [("message", "canceled"), ("end", None)]


async def test_a_link_that_is_revoked_ends_what_follows_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "LOOK_S", 0.05)
    lead = (await bulk(site, ADA, approval=True))["leads"][0]
    made = await shared(site, lead)
    last: tuple[str, Any] = ("", None)
    async for last in told(site, made["token"]):
        if last[1] and last[1]["status"] == "waiting":
            await site.http.delete(f"/api/leads/{lead['id']}/shares/{made['share']['id']}")
    assert last == ("end", None)


async def test_the_token_of_a_link_opens_no_other_door(site: Site) -> None:
    """It is no key: on every route of the API it is as good as nothing."""
    lead = (await bulk(site, ADA, approval=True))["leads"][0]
    token = (await shared(site, lead))["token"]
    paths = (await site.get("/api/docs/openapi.json"))["paths"]
    known = {"lead_id": lead["id"], "run_id": lead["triggerRunId"]}
    let_in = set()
    for path, methods in paths.items():
        filled = re.sub(r"{(\w+)}", lambda found: known.get(found[1], "x"), path)
        for method in {"get", "post", "put", "patch", "delete"} & set(methods):
            bearer = {"Authorization": f"Bearer {token}"}
            answer = await site.http.request(method, filled, headers=bearer, params={"token": token})
            if answer.is_success:
                let_in.add(path)
    assert len(paths) > 100
    assert let_in == {"/api/v1/auth/sign-out", "/api/v1/timezones"}, "these let everybody in, and know nobody"
    assert (await site.get(f"/api/leads/{lead['id']}"))["status"] != "canceled"


async def test_a_lead_is_shared_anew_however_many_links_were_revoked(site: Site) -> None:
    lead = (await bulk(site, ADA))["leads"][0]
    for number in range(SHARES_MAX - 1):
        await transact(add_share, "dev", lead["id"], f"digest {number}", "somebody", 3_600_000)
    path = f"/api/leads/{lead['id']}/share"
    last = await shared(site, lead)
    assert (await site.http.post(path, json={})).status_code == 422
    await site.http.delete(f"{path}s/{last['share']['id']}")
    assert (await site.http.post(path, json={})).status_code == 201
