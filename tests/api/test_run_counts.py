"""How many runs there are, and what a list says of each."""

from __future__ import annotations

import pytest

from tests.api.site import Site


async def test_a_list_is_counted_with_its_filters(any_site: Site) -> None:
    for number in range(3):
        await any_site.trigger("hello", delay="1h", tags=["few"] if number else ["one"])
    assert await any_site.get("/api/v1/runs/count?filter[tag]=few") == {"count": 2, "complete": True}
    assert await any_site.get("/api/v1/runs/count?filter[status]=DELAYED") == {"count": 3, "complete": True}
    assert await any_site.get("/api/v1/runs/count?filter[version]=1") == {"count": 0, "complete": True}


async def test_what_runs_do_now_is_counted(any_site: Site) -> None:
    await any_site.trigger("hello", delay="1h")
    await any_site.run("fail")
    now = await any_site.get("/api/v1/stats/now")
    assert now == {"running": 0, "queued": 0, "waiting": 0, "delayed": 1, "failed": 1, "limit": 1_000}


async def test_a_list_says_why_a_run_failed_without_its_traceback(site: Site) -> None:
    await site.run("fail", {"message": "sold out"})
    [listed] = (await site.get("/api/v1/runs"))["data"]
    assert listed["error"] == {"name": "ValueError", "message": "sold out"}
    assert (listed["attemptCount"], "retryAt" in listed) == (listed["maxAttempts"], False)


async def test_a_filter_that_few_runs_fit_is_answered_piece_by_piece(
    any_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runcast.api.routes.runs.LOOKED_MAX", 3)
    rare = await any_site.trigger("fail", delay="1h")
    for _ in range(8):
        await any_site.trigger("hello", delay="1h")
    found, after, pages = [], "", 0
    while True:
        page = await any_site.get(f"/api/v1/runs?filter[taskIdentifier]=fail{after}")
        found += [run["id"] for run in page["data"]]
        pages += 1
        if "next" not in page["pagination"]:
            break
        after = f"&page[after]={page['pagination']['next']}"
    assert (found, pages) == ([rare], 3)
    assert len((await any_site.get("/api/v1/runs"))["data"]) == 9


async def test_a_count_looks_at_as_many_runs_as_a_page_and_says_so(
    any_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runcast.api.routes.run_counts.LOOKED_MAX", 3)
    for task in ("fail", "hello", "hello", "hello", "hello"):
        await any_site.trigger(task, delay="1h")
    count = "/api/v1/runs/count?filter[taskIdentifier]"
    assert await any_site.get(f"{count}=fail") == {"count": 0, "complete": False}
    assert await any_site.get(f"{count}=hello") == {"count": 4, "complete": False}
