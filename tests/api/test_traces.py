"""Traces over HTTP: attempts, entries, logs and children, each where it belongs."""

from __future__ import annotations

from typing import Any

from tests.api.site import Site


def outline(span: dict[str, Any]) -> Any:
    """A span as (kind, message, whether it failed, those within it)."""
    data = span["data"]
    return (data["kind"], data["message"], data["isError"], [outline(child) for child in span["children"]])


def ends_within(span: dict[str, Any]) -> bool:
    return all(child["parentId"] == span["id"] and ends_within(child) for child in span["children"])


async def test_a_trace_shows_attempts_logs_and_children(any_site: Site) -> None:
    run = await any_site.run("family")
    answer = await any_site.get(f"/api/v1/runs/{run['id']}/trace")
    root = answer["trace"]["rootSpan"]
    assert outline(root) == (
        "run",
        "family",
        False,
        [
            ("attempt", "Attempt 1", True, [("log", "at home", False, [])]),
            (
                "attempt",
                "Attempt 2",
                False,
                [("child", "hello", False, [("run", "hello", False, [("attempt", "Attempt 1", False, [])])])],
            ),
        ],
    )
    assert ends_within(root)
    assert answer["truncated"] is False
    [failed, _] = root["children"]
    assert failed["data"]["events"][0]["properties"]["exception"]["message"] == "not yet"


async def test_a_child_has_the_trace_of_its_tree_and_its_own_part_of_it(site: Site) -> None:
    run = await site.run("family")
    [child] = (await site.get(f"/api/v3/runs/{run['id']}"))["relatedRuns"]["children"]
    whole = (await site.get(f"/api/v1/runs/{run['id']}/trace"))["trace"]
    below = (await site.get(f"/api/v1/runs/{child['id']}/trace"))["trace"]
    assert below["traceId"] == whole["traceId"]
    assert below["rootSpan"]["runId"] == child["id"]
    assert outline(below["rootSpan"]) == outline(whole["rootSpan"]["children"][1]["children"][0]["children"][0])


async def test_each_event_is_a_span_that_can_be_read(site: Site) -> None:
    run = await site.run("family")
    path = f"/api/v1/runs/{run['id']}"
    events = (await site.get(f"{path}/events"))["events"]
    assert [event["kind"] for event in events] == ["run", "attempt", "log", "attempt", "child"]
    for event in events:
        span = await site.get(f"{path}/spans/{event['spanId']}")
        assert span | {"triggeredRuns": []} == event
    assert (await site.http.get(f"{path}/spans/none")).status_code == 404
    assert events[2]["properties"] == {"people": 2}
    [child] = (await site.get(f"{path}/spans/{events[4]['spanId']}"))["triggeredRuns"]
    assert (child["taskIdentifier"], child["status"]) == ("hello", "COMPLETED")


async def test_pages_of_spans_are_the_tree_in_pieces(site: Site) -> None:
    run = await site.run("family")
    path = f"/api/v1/runs/{run['id']}/trace?page[size]=3"
    first = await site.get(path)
    second = await site.get(f"{path}&page[after]={first['pagination']['next']}")
    third = await site.get(f"{path}&page[after]={second['pagination']['next']}")
    assert third["pagination"] == {}
    kinds = [span["kind"] for page in (first, second, third) for span in page["data"]]
    assert kinds == ["run", "attempt", "log", "attempt", "child", "run", "attempt"]
    [failure] = first["attemptFailures"]
    assert (failure["attemptNumber"], failure["runId"]) == (1, run["id"])
    assert second["attemptFailures"] == []


async def test_a_run_that_goes_on_has_spans_without_an_end(site: Site) -> None:
    run_id = await site.trigger("rest")
    await site.until(run_id, lambda run: run.status == "WAITING")
    root = (await site.get(f"/api/v1/runs/{run_id}/trace"))["trace"]["rootSpan"]
    [attempt] = root["children"]
    [sleep] = attempt["children"]
    assert [span["data"]["isPartial"] for span in (root, attempt, sleep)] == [True] * 3
    await site.post(f"/api/v2/runs/{run_id}/cancel")
    root = (await site.get(f"/api/v1/runs/{run_id}/trace"))["trace"]["rootSpan"]
    assert (root["data"]["isPartial"], root["data"]["isCancelled"]) == (False, True)


async def test_traces_are_for_secret_keys(site: Site) -> None:
    run_id = await site.trigger("hello")
    for part in ("trace", "events", "spans/x"):
        token = site.bearer(f"read:runs:{run_id}")
        assert (await site.http.get(f"/api/v1/runs/{run_id}/{part}", headers=token)).status_code == 403
        assert (await site.http.get(f"/api/v1/runs/run_nope/{part}")).status_code == 404
