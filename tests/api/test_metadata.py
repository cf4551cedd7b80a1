"""Metadata over HTTP: whole changes, of ancestors too, by many at once; seen in the feed."""

from __future__ import annotations

import asyncio
import random
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import to_builtins

from runcast.domain.metadata import Operation, apply
from runcast.domain.run import RunStatus
from tests.api.site import Site
from tests.domain.test_metadata import OPERATIONS

LIMIT = 256 * 1024


def path(run_id: str) -> str:
    return f"/api/v1/runs/{run_id}/metadata"


async def change(site: Site, run_id: str, *operations: Operation, **more: Any) -> Any:
    """The metadata after the operations."""
    body = {"operations": to_builtins(operations), **more}
    return (await site.put(path(run_id), body))["metadata"]


async def refused(site: Site, run_id: str, body: Any, **options: Any) -> int:
    return int((await site.http.put(path(run_id), json=body, **options)).status_code)


async def waiting(site: Site, **options: Any) -> str:
    """A run that stays alive."""
    return await site.trigger("hello", delay="1h", **options)


async def test_a_change_is_answered_read_and_followed(any_site: Site) -> None:
    run_id = await waiting(any_site, metadata={"a": 1})
    before = await any_site.until(run_id, lambda _: True)
    after = await change(any_site, run_id, Operation("increment", "a", 2), Operation("append", "$.b.c", "x"))
    assert after == {"a": 3, "b": {"c": ["x"]}}
    assert await any_site.get(path(run_id)) == {"metadata": after}
    assert (await any_site.get(f"/api/v3/runs/{run_id}"))["metadata"] == after
    assert (await any_site.until(run_id, lambda run: run.metadata != "{}")).version == before.version + 1


async def test_another_object_comes_first_and_operations_after(site: Site) -> None:
    run_id = await waiting(site, metadata={"a": 1})
    after = await change(site, run_id, Operation("increment", "n", 1), metadata={"n": 5})
    assert after == {"n": 6}


async def test_ancestors_are_changed_with_the_run(any_site: Site) -> None:
    root = await waiting(any_site)
    parent = await waiting(any_site, parentRunId=root)
    child = await waiting(any_site, parentRunId=parent)
    body = {
        "operations": [{"type": "set", "key": "own", "value": 1}],
        "parentOperations": [{"type": "increment", "key": "done", "value": 1}],
        "rootOperations": [{"type": "append", "key": "seen", "value": "c"}],
    }
    assert await any_site.put(path(child), body) == {"metadata": {"own": 1}}
    assert (await any_site.get(path(parent)))["metadata"] == {"done": 1}
    assert (await any_site.get(path(root)))["metadata"] == {"seen": ["c"]}


async def test_without_ancestors_their_operations_are_the_runs_own(site: Site) -> None:
    run_id = await waiting(site)
    body = {
        "parentOperations": [{"type": "increment", "key": "n", "value": 1}],
        "rootOperations": [{"type": "increment", "key": "n", "value": 1}],
    }
    assert await site.put(path(run_id), body) == {"metadata": {"n": 2}}


async def test_what_is_refused_changes_nothing(site: Site) -> None:
    run_id = await waiting(site, metadata={"a": 1})
    good = {"type": "set", "key": "b", "value": 1}
    for bad in (
        {"type": "rename", "key": "a"},
        {"type": "set", "key": "$.", "value": 1},
        {"type": "set", "key": "$.a.__proto__", "value": 1},
        {"type": "increment", "key": "a", "value": "1"},
        {"type": "update", "value": 1},
    ):
        assert await refused(site, run_id, {"operations": [good, bad]}) == 400
    assert await refused(site, run_id, {"metadata": [1]}) == 400
    assert await refused(site, run_id, {"operations": [{**good, "value": "x" * LIMIT}]}) == 413
    assert await refused(site, run_id, {"operations": [good] * 10_001}) == 400
    assert (await site.get(path(run_id)))["metadata"] == {"a": 1}


async def test_many_small_operations_cannot_pass_the_limit(site: Site) -> None:
    run_id = await waiting(site)
    body = {"operations": [{"type": "append", "key": "list", "value": "x" * 100_000}] * 2}
    await site.put(path(run_id), body)
    assert await refused(site, run_id, body) == 413
    assert len((await site.get(path(run_id)))["metadata"]["list"]) == 2


async def test_a_run_that_ended_keeps_its_metadata(site: Site) -> None:
    run = await site.run("hello", metadata={"a": 1})
    assert await refused(site, run["id"], {"metadata": {}}) == 422
    assert await refused(site, "run_nope", {"metadata": {}}) == 404


async def test_only_secret_keys_change_metadata_and_readers_read_it(site: Site) -> None:
    run_id = await waiting(site)
    assert await refused(site, run_id, {"metadata": {}}, headers=site.bearer(f"write:runs:{run_id}")) == 403
    await site.get(path(run_id), headers=site.bearer(f"read:runs:{run_id}"))
    assert (await site.http.get(path(run_id), headers=site.bearer("read:runs:run_x"))).status_code == 403
    elsewhere = site.bearer("admin", environment="prod")
    assert (await site.http.get(path(run_id), headers=elsewhere)).status_code == 404


async def test_the_body_and_others_write_at_once(any_site: Site) -> None:
    """What a body counts and what others count adds up."""
    run_id = await any_site.trigger("tally", {"to": 20})
    await any_site.until(run_id, lambda run: run.started_at is not None)
    counted = 0
    for _ in range(20):
        counted += (
            await refused(any_site, run_id, {"operations": [{"type": "increment", "key": "n", "value": 1}]}) == 200
        )
    await any_site.until(run_id, lambda run: run.status is RunStatus.WAITING)
    assert (await any_site.get(path(run_id)))["metadata"]["n"] == 20 + counted


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(OPERATIONS, min_size=1, max_size=3), min_size=2, max_size=6), st.integers())
async def test_requests_at_once_are_as_some_order_of_them(
    site: Site, requests: list[list[Operation]], seed: int
) -> None:
    """Each request is applied whole. What it answers is what the requests up to it, in the order they came, lead to."""
    run_id = await waiting(site)
    random.Random(seed).shuffle(requests)
    # An update would forget the order.
    lasting = [some for some in requests if all(operation.type != "update" for operation in some)]
    numbered = [[*some, Operation("append", "order", number)] for number, some in enumerate(lasting)]
    bodies = [{"operations": to_builtins(operations)} for operations in numbered]
    answers = await asyncio.gather(*(site.http.put(path(run_id), json=body) for body in bodies))
    final = (await site.get(path(run_id)))["metadata"]
    model: dict[str, Any] = {}
    for number in final.get("order", []):
        model = apply(deepcopy(model), numbered[number])
        assert answers[number].json() == {"metadata": model}
    assert final == model
    refused_ones = set(range(len(numbered))) - set(final.get("order", []))
    assert all(answers[number].status_code == 400 for number in refused_ones)
