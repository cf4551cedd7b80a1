"""Reports: one file with everything, in which nothing that a run said is more than text."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from html.parser import HTMLParser

import pytest

from runcast import AbortRun, artifacts, logger, metadata, step, tags, task, usage
from runcast.api.report.gather import EXHIBITS_MAX
from runcast.sdk.registry import Registry
from tests.api.site import Site, serving

HOSTILE = '<script>window.hacked=1</script><img src=x onerror="hacked=1">\'"--><svg/onload=hacked=1>&lt;'
PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@step
async def look(text: str) -> str:
    return text


def report_tasks() -> Registry:
    registry = Registry()

    @task(registry=registry)
    async def tell(text: str) -> str:
        tags.add(text[:100])
        metadata.set(text, text)
        logger.warning(text, text=text)
        usage.add(text[:50], 10, "tokens", cost="0.5")
        artifacts.add(text[:60], text, content_type="text/html")
        artifacts.add("dot.png", PIXEL, content_type="image/png")
        artifacts.add("bad.png", PIXEL, content_type='image/png" onload="hacked=1')
        await child.trigger_and_wait(text)
        return await look(text)

    @task(registry=registry)
    async def child(text: str) -> str:
        return text

    @task(registry=registry)
    async def paint(count: int) -> None:
        for number in range(count):
            artifacts.add(f"{number}.png", PIXEL, content_type="image/png")

    @task(registry=registry)
    async def fail(text: str) -> None:
        raise AbortRun(text)

    return registry


@pytest.fixture(params=["memory", "postgres"])
async def office(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    address = ":memory:" if request.param == "memory" else request.getfixturevalue("postgres")
    async with serving(address, report_tasks()) as site:
        yield site


class Tags(HTMLParser):
    """Which elements a page has, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


async def test_a_report_has_everything_and_needs_nothing(office: Site) -> None:
    run_id = (await office.run("tell", {"text": "a quiet word"}))["id"]
    answer = await office.http.get(f"/api/v1/runs/{run_id}/report")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = answer.text
    for said in (run_id, "Completed", "look", "child", "a quiet word", "WARNING", "$0.5", "dot.png", "@media print"):
        assert said in page, said
    found = Tags(page).found
    assert {name for name, _ in found}.isdisjoint({"script", "link", "iframe", "form", "a", "base", "object"})
    sources = [attributes.get("src") or "" for name, attributes in found if name == "img"]
    assert [source.partition(",")[0] for source in sources] == ["data:image/png;base64"]


@pytest.mark.parametrize("name", ["tell", "fail"])
async def test_what_a_run_said_is_text(office: Site, name: str) -> None:
    run_id = (await office.run(name, {"text": HOSTILE}))["id"]
    answer = await office.http.get(f"/api/v1/runs/{run_id}/report")
    found = Tags(answer.text).found
    assert {tag for tag, _ in found}.isdisjoint({"script", "svg"})
    assert not [attributes for _, attributes in found for key in attributes if key.startswith("on")]
    assert "&lt;script&gt;" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert not any(right in policy for right in ("script-src", "'self'", "allow-scripts", "allow-same-origin"))
    assert "style-src 'sha256-" in policy


async def test_a_report_of_json_has_what_the_api_says_of_each_part(office: Site) -> None:
    run_id = (await office.run("tell", {"text": "word"}))["id"]
    answer = await office.http.get(f"/api/v1/runs/{run_id}/report", params={"format": "json"})
    assert answer.headers["content-disposition"] == f'attachment; filename="{run_id}.json"'
    found = answer.json()
    assert (found["run"]["id"], found["run"]["output"], found["truncated"]) == (run_id, "word", False)
    assert found["journal"] == (await office.get(f"/api/v1/runs/{run_id}/journal"))["data"]
    assert found["logs"] == (await office.get(f"/api/v1/runs/{run_id}/logs"))["data"]
    assert {span["kind"] for span in found["spans"]} >= {"run", "attempt", "step", "child"}
    assert len(found["artifacts"]) == 3


async def test_a_report_of_csv_has_a_line_for_each_thing_and_no_formulas(office: Site) -> None:
    run_id = (await office.run("fail", {"text": '=HYPERLINK("http://evil")'}))["id"]
    answer = await office.http.get(f"/api/v1/runs/{run_id}/report", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["kind"], row["status"]) for row in rows] == [("run", "Failed"), ("attempt", "Failed")]
    assert rows[0]["error_message"] == '\'=HYPERLINK("http://evil")'
    assert rows[0]["run_id"] == run_id


async def test_a_report_is_of_what_there_is_and_for_who_may_read_it(office: Site) -> None:
    run_id = (await office.run("tell", {"text": "word"}))["id"]
    path = f"/api/v1/runs/{run_id}/report"
    assert (await office.http.get(path, params={"format": "pdf"})).status_code == 400
    assert (await office.http.get("/api/v1/runs/run_nobody/report")).status_code == 404
    assert (await office.http.get(path, headers=office.bearer(f"read:runs:{run_id}"))).status_code == 403


async def test_a_run_that_has_not_begun_has_a_report(office: Site) -> None:
    run_id = await office.trigger("tell", {"text": "later"}, delay="1h")
    page = (await office.http.get(f"/api/v1/runs/{run_id}/report")).text
    assert ("Delayed" in page, "later" in page) == (True, True)


async def test_a_report_has_the_content_of_some_artifacts_and_the_names_of_all(office: Site) -> None:
    run_id = (await office.run("paint", {"count": EXHIBITS_MAX + 2}))["id"]
    page = (await office.http.get(f"/api/v1/runs/{run_id}/report")).text
    assert page.count("data:image/png;base64") == EXHIBITS_MAX
    assert all(f"<h2>{number}.png " in page for number in range(EXHIBITS_MAX + 2))


async def test_a_large_value_is_cut(office: Site) -> None:
    run_id = (await office.run("child", {"text": "word " * 100_000}))["id"]
    page = (await office.http.get(f"/api/v1/runs/{run_id}/report")).text
    assert page.count("word word word") and "more characters)" in page and len(page) < 200_000
