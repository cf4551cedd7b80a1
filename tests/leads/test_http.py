"""Leads over HTTP: clients, addresses, bulk, lists, retry, shares, settings and reports."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any

import httpx2

from runcast.api.keys import make_key
from runcast.apps.leads.contract import Outcome
from runcast.domain.access import Role
from tests.api.site import Site, serving
from tests.leads.conftest import leads_registry
from tests.leads.scripted import EMAILS, Script, filled, no_profile, no_research, read, text

ADA = "https://www.linkedin.com/in/ada-lovelace"
FIFTY = [
    f"{first}{second}"
    for first in "bcdfg"
    for second in ("ada", "eva", "ida", "ola", "una", "bea", "lea", "mia", "pia", "zoe")
]
HOSTILE = '<script>alert("1")</script>'


async def client_id(site: Site, **fields: Any) -> str:
    made = await site.post("/api/leads/clients", {"name": "Globex", "offer": "engines", **fields})
    return str(made["id"])


async def bulk(site: Site, *urls: str, **options: Any) -> dict[str, Any]:
    body = {"clientId": await client_id(site), "linkedinUrls": list(urls), **options}
    answer: dict[str, Any] = await site.post("/api/leads/bulk", body)
    return answer


async def ended(site: Site, lead: dict[str, Any]) -> dict[str, Any]:
    """The lead, once its run has ended."""
    await site.ended(lead["triggerRunId"])
    shown: dict[str, Any] = await site.get(f"/api/leads/{lead['id']}")
    return shown


async def test_one_address_becomes_a_lead_with_everything_that_its_page_shows(any_site: Site) -> None:
    answer = await bulk(any_site, ADA)
    (lead,) = answer["leads"]
    assert (answer["batchId"], answer["duplicates"], answer["refused"]) == ("", 0, [])
    assert set(lead) == {"id", "linkedinUrl", "slug", "triggerRunId"}
    shown = await ended(any_site, lead)
    assert (shown["status"], shown["progress"], shown["name"]) == ("completed", 100.0, "Ada Lovelace")
    assert [step["key"] for step in shown["steps"]] == ["enrich", "research", "write_emails", "build_page"]
    assert {step["status"] for step in shown["steps"]} == {"done"}
    assert all(step["started"] <= step["finished"] for step in shown["steps"])
    assert shown["steps"][2]["stream"] == "emails"
    assert [asset["kind"] for asset in shown["assets"]] == ["profile", "research", "email", "email", "page"]
    assert shown["remainingS"] is None
    page = await any_site.http.get(f"/api/leads/{lead['id']}/assets/landing.html")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    file = await any_site.http.get(f"/api/leads/{lead['id']}/assets/email-1.md?download=true")
    assert file.headers["content-disposition"].startswith("attachment")


async def test_a_lead_and_its_run_are_there_at_once_and_of_one_environment(site: Site) -> None:
    answer = await bulk(site, ADA)
    lead = answer["leads"][0]
    run = await site.get(f"/api/v3/runs/{lead['triggerRunId']}")
    assert f"lead:{lead['id']}" in run["tags"]
    key, new = make_key("other", environment="staging", role=Role.ADMIN)
    await site.engine.add_key(new)
    elsewhere = {"Authorization": f"Bearer {key}"}
    assert (await site.http.get(f"/api/leads/{lead['id']}", headers=elsewhere)).status_code == 404
    assert (await site.get("/api/leads", headers=elsewhere))["data"] == []
    assert (await site.http.post(f"/api/leads/{lead['id']}/cancel", headers=elsewhere)).status_code == 404


async def test_nothing_is_kept_of_leads_whose_client_is_none(site: Site) -> None:
    body = {"clientId": "client_none", "linkedinUrls": [ADA]}
    assert (await site.http.post("/api/leads/bulk", json=body)).status_code == 404
    assert (await site.get("/api/leads"))["data"] == []
    assert (await site.get("/api/v1/runs"))["data"] == []


async def test_lines_are_checked_one_by_one_and_bad_ones_are_refused_with_reasons(site: Site) -> None:
    lines = [
        ADA,
        "linkedin.com/in/Ada-Lovelace/?trk=x",
        "javascript:alert(1)",
        "https://linkedin.com.evil.example/in/ada",
        "https://www.linkedin.com/in/<script>",
        "https://www.linkedin.com/company/globex",
        "linkedin.com/in/grace-hopper",
        "linkedin.com/in/" + "a" * 3_000,
    ]
    checked = await site.post("/api/leads/check", {"linkedinUrls": lines})
    assert (checked["leads"], checked["duplicates"], checked["refused"]) == (2, 1, 5)
    assert checked["lines"][1]["duplicateOf"] == 1
    assert checked["lines"][2]["reason"] == "An address begins with https://, not with javascript:"
    assert all(line["reason"] for line in checked["lines"] if not line["ok"])
    answer = await bulk(site, *lines)
    assert [lead["slug"] for lead in answer["leads"]] == ["ada-lovelace", "grace-hopper"]
    assert [line["line"] for line in answer["refused"]] == [3, 4, 5, 6, 8]
    again = {"text": "\n".join(lines[:2]), "clientId": (await site.get("/api/leads"))["data"][0]["client"]["id"]}
    known = await site.post("/api/leads/check", again)
    assert known["lines"][0]["leadId"] == answer["leads"][0]["id"]


async def test_a_request_without_a_person_in_it_is_refused_as_a_whole(site: Site) -> None:
    body = {"clientId": await client_id(site), "linkedinUrls": ["", "nonsense"]}
    answer = await site.http.post("/api/leads/bulk", json=body)
    assert answer.status_code == 400
    assert "line 1: The line is empty" in answer.json()["error"]
    too_many = {**body, "linkedinUrls": [f"linkedin.com/in/p{number}" for number in range(1_001)]}
    assert (await site.http.post("/api/leads/bulk", json=too_many)).status_code == 400


async def test_fifty_leads_are_a_batch_with_totals(any_site: Site) -> None:
    answer = await bulk(any_site, *(f"linkedin.com/in/{name}-hopper" for name in FIFTY), generateEmails=False)
    await asyncio.gather(*(any_site.ended(lead["triggerRunId"]) for lead in answer["leads"]))
    first = await any_site.get("/api/leads", params={"batch": answer["batchId"], "limit": 30})
    rest = await any_site.get("/api/leads", params={"batch": answer["batchId"], "limit": 30, "after": first["next"]})
    shown = [lead["id"] for lead in [*first["data"], *rest["data"]]]
    assert shown == [lead["id"] for lead in answer["leads"]]
    assert rest["next"] is None
    totals = first["batch"]["totals"]
    assert (totals["count"], totals["byStatus"], totals["progress"]) == (50, {"completed": 50}, 100.0)
    newest = await any_site.get("/api/leads", params={"limit": 10, "status": "completed,failed"})
    assert [lead["id"] for lead in newest["data"]] == shown[:10]
    assert (await any_site.get("/api/leads", params={"status": "failed"}))["data"] == []
    assert (await any_site.http.get("/api/leads", params={"status": "odd"})).status_code == 400
    report = await any_site.http.get(f"/api/leads/batches/{answer['batchId']}/report")
    assert len(list(csv.reader(io.StringIO(report.text)))) == 1 + 50 * 3


async def test_a_failed_lead_says_why_and_retry_goes_on(any_site: Site, script: Script) -> None:
    script.says("research", no_research(Outcome.OUT_OF_CREDITS, detail="Paid has no credit left: top it up"), read())
    lead = (await bulk(any_site, ADA))["leads"][0]
    shown = await ended(any_site, lead)
    assert shown["status"] == "failed"
    assert shown["error"] == {"message": "Research: Paid has no credit left: top it up", "step": "research"}
    assert [step["status"] for step in shown["steps"]] == ["done", "failed", "pending", "pending"]
    assert (await any_site.get("/api/leads", params={"status": "failed"}))["data"][0]["id"] == lead["id"]

    retried = await any_site.post(f"/api/leads/{lead['id']}/retry", {"step": "research"})
    assert retried["triggerRunId"] != lead["triggerRunId"]
    shown = await ended(any_site, retried)
    assert (shown["status"], shown["triggerRunId"]) == ("completed", retried["triggerRunId"])
    assert [run["id"] for run in shown["runs"]] == [lead["triggerRunId"], retried["triggerRunId"]]
    assert script.asked == ["research", "research"]
    assert (await any_site.http.post(f"/api/leads/{lead['id']}/retry", json={})).status_code == 422
    assert (await any_site.http.post(f"/api/leads/{lead['id']}/retry", json={"step": "odd"})).status_code == 400


async def test_all_failed_leads_of_a_batch_are_retried_at_once(site: Site, script: Script) -> None:
    script.says("research", *[no_research(Outcome.OUT_OF_CREDITS)] * 3, read())
    answer = await bulk(site, *(f"linkedin.com/in/{name}-hopper" for name in ("ada", "grace", "vera")))
    await asyncio.gather(*(site.ended(lead["triggerRunId"]) for lead in answer["leads"]))
    path = f"/api/leads/batches/{answer['batchId']}"
    assert (await site.get(path))["totals"]["byStatus"] == {"failed": 3}
    assert await site.post(f"{path}/retry") == {"count": 3}
    leads = (await site.get("/api/leads", params={"batch": answer["batchId"]}))["data"]
    await asyncio.gather(*(site.ended(lead["triggerRunId"]) for lead in leads))
    assert (await site.get(path))["totals"]["byStatus"] == {"completed": 3}


async def test_lists_say_what_all_calls_cost_also_those_that_failed(any_site: Site, script: Script) -> None:
    """A call that broke off was paid for, and so was a run that a retry went on from."""
    script.says("enrich", no_profile(Outcome.TRANSIENT, cost_usd=0.5), filled(cost_usd=0.25))
    script.says("research", no_research(Outcome.OUT_OF_CREDITS, cost_usd=0.125), read(cost_usd=0.0625))
    answer = await bulk(any_site, ADA, "linkedin.com/in/grace-hopper", generateEmails=False, generateOnePager=False)
    for lead in answer["leads"]:
        await ended(any_site, lead)
    failed = next(one for one in await leads_of(any_site, answer) if one["status"] == "failed")
    retried = await any_site.post(f"/api/leads/{failed['id']}/retry")
    await any_site.ended(retried["triggerRunId"])
    shown = await leads_of(any_site, answer)
    assert [one["status"] for one in shown] == ["completed", "completed"]
    spent = 0.5 + 2 * 0.25 + 0.125 + 2 * 0.0625
    assert sum(one["costUsd"] for one in shown) == spent
    batch = await any_site.get(f"/api/leads/batches/{answer['batchId']}")
    assert batch["totals"]["costUsd"] == spent
    single = await any_site.get(f"/api/leads/{failed['id']}")
    assert single["costUsd"] == next(one["costUsd"] for one in shown if one["id"] == failed["id"])


async def leads_of(site: Site, answer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await site.get("/api/leads", params={"batch": answer["batchId"]}))["data"]
    return found


async def test_a_lead_that_waits_for_a_person_can_be_canceled(any_site: Site) -> None:
    lead = (await bulk(any_site, ADA, approval=True))["leads"][0]
    await any_site.until(lead["triggerRunId"], lambda run: "awaits" in run.metadata)
    await any_site.until(lead["triggerRunId"], lambda run: run.status == "WAITING")
    (shown,) = (await any_site.get("/api/leads", params={"status": "waiting"}))["data"]
    assert (shown["id"], shown["status"]) == (lead["id"], "waiting")
    assert (await any_site.get("/api/leads", params={"status": "running"}))["data"] == []
    assert await any_site.post(f"/api/leads/{lead['id']}/cancel") == {"id": lead["id"], "canceled": True}
    shown = await ended(any_site, lead)
    assert (shown["status"], shown["steps"][-1]["status"]) == ("canceled", "canceled")


async def test_clients_are_kept_changed_and_deleted(any_site: Site) -> None:
    body = {
        "name": "Initech",
        "website": "initech.example",
        "brandColor": "#AABBCC",
        "logoUrl": "https://x.example/l.svg",
    }
    made = await any_site.post("/api/leads/clients", body)
    assert (made["website"], made["brandColor"]) == ("https://initech.example", "#aabbcc")
    path = f"/api/leads/clients/{made['id']}"
    changed = await any_site.put(path, {"name": "Initech 2", "offer": HOSTILE})
    assert (changed["name"], changed["offer"], changed["website"]) == ("Initech 2", HOSTILE, "")
    assert [client["name"] for client in (await any_site.get("/api/leads/clients"))["data"]] == ["Initech 2"]
    assert (await any_site.http.delete(path)).status_code == 204
    assert (await any_site.http.get(path)).status_code == 404
    bad: list[dict[str, str]] = [
        {"name": " "},
        {"name": "\u202e"},
        {"brandColor": "red;}</style><script>"},
        *({"logoUrl": url} for url in ("javascript:alert(1)", "data:image/svg+xml,<svg>", "http://x.example/l.png")),
        *(
            {"website": url}
            for url in ("red;}</style><script>", "a\nb.example", "https://\u202emoc.evil", "http://[bad")
        ),
    ]
    for wrong in bad:
        answer = await any_site.http.post("/api/leads/clients", json={"name": "x", **wrong})
        assert answer.status_code == 400, (wrong, answer.text)


async def test_characters_that_cannot_be_seen_are_left_out_of_what_is_given(any_site: Site) -> None:
    made = await any_site.post("/api/leads/clients", {"name": "Glo\0bex", "offer": "one\n\u202etwo"})
    assert (made["name"], made["offer"]) == ("Globex", "one\ntwo")
    fact = {"name": "title\0", "value": "Ana\0lyst", "source": "s" * 9_999}
    people = [{"linkedinUrl": ADA, "text": "Works\0 there", "facts": [fact]}]
    shown = await ended(any_site, (await bulk(any_site, ADA, people=people))["leads"][0])
    assert (shown["status"], shown["title"], shown["known"]["text"]) == ("completed", "Analyst", "Works there")
    assert shown["known"]["facts"][0]["source"] == "s" * 60


async def test_what_is_said_of_a_person_in_several_places_is_put_together(site: Site) -> None:
    fact = {"name": "title", "value": "Analyst", "source": "CSV"}
    people = [{"linkedinUrl": ADA, "facts": [fact]}, {"linkedinUrl": f"{ADA}/?x=1", "text": "Company: Ockham"}]
    shown = await ended(site, (await bulk(site, ADA, people=people))["leads"][0])
    assert (shown["title"], shown["company"]) == ("Analyst", "Ockham")


async def test_a_page_that_could_not_be_read_is_said(site: Site) -> None:
    people = [{"linkedinUrl": ADA, "pages": ["http://169.254.169.254/latest"]}]
    shown = await ended(site, (await bulk(site, ADA, people=people))["leads"][0])
    said = shown["steps"][1]["detail"]
    assert said.startswith("From what is known. Not read: http://169.254.169.254/latest: 169.254.169.254 is not of")


async def test_the_leads_of_a_client_that_is_deleted_stay_and_go_on(any_site: Site, script: Script) -> None:
    script.says("research", no_research(Outcome.OUT_OF_CREDITS), read())
    lead = (await bulk(any_site, ADA))["leads"][0]
    shown = await ended(any_site, lead)
    assert (await any_site.http.delete(f"/api/leads/clients/{shown['client']['id']}")).status_code == 204
    retried = await any_site.post(f"/api/leads/{lead['id']}/retry")
    shown = await ended(any_site, retried)
    assert (shown["status"], shown["client"]["name"]) == ("completed", "Globex")
    page = await any_site.http.get(f"/api/leads/{lead['id']}/assets/landing.html")
    assert "Globex" in page.text
    body = {"clientId": shown["client"]["id"], "linkedinUrls": [ADA]}
    assert (await any_site.http.post("/api/leads/bulk", json=body)).status_code == 404


async def test_settings_say_who_is_asked_and_hold_no_keys(any_site: Site) -> None:
    shown = await any_site.get("/api/leads/settings")
    assert shown["order"]["write"][-1] == "template"
    assert {provider["name"] for provider in shown["providers"]} >= {"template", "anthropic"}
    choices = {"write": ["anthropic", "template"], "options": {"anthropic": {"model": "some-model"}}}
    changed = await any_site.put("/api/leads/settings", choices)
    assert changed["order"]["write"] == ["anthropic", "template"]
    assert (await any_site.get("/api/leads/settings"))["choices"]["write"] == ["anthropic", "template"]
    assert (await any_site.http.put("/api/leads/settings", json={"write": ["nobody"]})).status_code == 400
    secret = {"options": {"anthropic": {"api_key": "sk-secret"}}}
    assert (await any_site.http.put("/api/leads/settings", json=secret)).status_code == 400


async def test_an_estimate_says_what_it_is_made_of(site: Site) -> None:
    guess = await site.post("/api/leads/estimate", {"count": 3})
    assert (guess["count"], guess["costUsd"]) == (3, 0)
    assert set(guess["steps"]) == {"enrich", "research", "write_emails", "build_page"}
    assert {step["n"] for step in guess["steps"].values()} == {0}
    await ended(site, (await bulk(site, ADA))["leads"][0])
    again = await site.post("/api/leads/estimate", {"count": 1})
    assert {step["n"] for step in again["steps"].values()} == {1}


async def test_a_table_says_what_is_known_of_people(site: Site) -> None:
    table = (
        "LinkedIn URL,First Name,Last Name,Job Title,Company,Website,Note\r\n"
        f'{ADA},Ada,King,"Countess, analyst",Ockham,https://www.ockham.example/x,met in 1833\r\n'
        "https://evil.example/in/x,Eve,,,,,\r\n"
    )
    found = await site.post("/api/leads/csv", {"csv": table})
    assert [line["line"] for line in found["refused"]] == [3]
    facts = {fact["name"]: fact["value"] for fact in found["people"][0]["facts"]}
    assert facts == {
        "name": "Ada King",
        "title": "Countess, analyst",
        "company": "Ockham",
        "company_domain": "ockham.example",
        "note": "met in 1833",
    }
    lead = (await bulk(site, ADA, people=found["people"]))["leads"][0]
    shown = await ended(site, lead)
    assert (shown["name"], shown["title"], shown["company"]) == ("Ada King", "Countess, analyst", "Ockham")
    assert (await site.http.post("/api/leads/csv", json={"csv": "a,b\n1,2"})).status_code == 400


async def test_reports_show_hostile_texts_as_texts(site: Site, script: Script) -> None:
    script.says("write_emails", text(EMAILS.replace("Engines", HOSTILE)))
    made = await site.post("/api/leads/clients", {"name": HOSTILE, "offer": HOSTILE})
    people = [{"linkedinUrl": ADA, "facts": [{"name": "title", "value": "=1+1", "source": HOSTILE}]}]
    body = {"clientId": made["id"], "linkedinUrls": [ADA], "people": people}
    lead = (await site.post("/api/leads/bulk", body))["leads"][0]
    await ended(site, lead)
    path = f"/api/leads/{lead['id']}/report"
    page = await site.http.get(path)
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert page.headers["content-security-policy"].startswith("sandbox")
    rows = list(csv.reader(io.StringIO((await site.http.get(path, params={"format": "csv"})).text)))
    assert rows[1][3] == "'=1+1"
    report = await site.get(path, params={"format": "json"})
    assert set(report["contents"]) == {"profile.json", "research.md", "email-1.md", "email-2.md", "landing.html"}
    assert "<script" not in report["contents"]["landing.html"].lower()


async def test_a_viewer_looks_and_does_nothing(site: Site) -> None:
    lead = (await bulk(site, ADA))["leads"][0]
    key, new = make_key("viewer", role=Role.VIEWER)
    await site.engine.add_key(new)
    headers = {"Authorization": f"Bearer {key}"}
    assert (await site.http.get(f"/api/leads/{lead['id']}", headers=headers)).status_code == 200
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/bulk", {"clientId": "client_x", "linkedinUrls": [ADA]}),
        ("POST", "/clients", {"name": "x"}),
        ("POST", f"/{lead['id']}/cancel", None),
        ("POST", f"/{lead['id']}/retry", None),
        ("POST", f"/{lead['id']}/share", None),
        ("GET", f"/{lead['id']}/shares", None),
        ("PUT", "/settings", {}),
    ]
    for method, path, body in asked:
        answer: httpx2.Response = await site.http.request(method, f"/api/leads{path}", json=body, headers=headers)
        assert answer.status_code == 403, (method, path, answer.text)


async def test_the_api_describes_leads(site: Site) -> None:
    described = await site.get("/api/docs/openapi.json")
    paths = {path for path in described["paths"] if path.startswith("/api/leads")}
    assert {"/api/leads", "/api/leads/bulk", "/api/leads/{lead_id}", "/api/leads/{lead_id}/retry"} <= paths
    assert all("summary" in one for path in paths for one in described["paths"][path].values() if isinstance(one, dict))


async def test_leads_are_in_the_navigation_where_they_are_installed(site: Site) -> None:
    apps = await site.get("/api/v1/apps")
    assert [app["nav"] for app in apps["data"]] == [[{"title": "Leads", "path": "/leads", "icon": "contact"}]]
    async with serving(registry=leads_registry()) as bare:
        assert (await bare.http.get("/api/leads")).status_code == 404
