"""The description of the API: complete, true, and shown by a page that needs no other server."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from runcast.api.examples import BODIES
from tests.api.site import Site

EXAMPLES = 12
"""Of each operation: all together take about half a minute."""
STREAMS = re.compile(r"^/realtime/|/api/v1/live$")
"""What answers until somebody hangs up."""
OUTGOING = re.compile(r"^/api/v1/alert-channels")
"""What makes the server ask others."""


async def document(site: Site) -> dict[str, Any]:
    answer = await site.http.get("/api/docs/openapi.json", headers={"Authorization": ""})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in found["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


async def test_every_operation_has_a_summary_tags_and_its_errors(site: Site) -> None:
    found = await document(site)
    assert found["openapi"].startswith("3.1")
    described = dict(operations(found))
    assert len(described) > 60
    for name, operation in described.items():
        assert operation.get("summary"), name
        assert operation.get("tags"), name
        assert operation["responses"]["default"]["content"]["application/json"], name
    ids = [operation["operationId"] for operation in described.values()]
    assert len(ids) == len(set(ids))


async def test_the_bodies_that_the_page_fills_in_fit_what_they_are_examples_of(site: Site) -> None:
    schemas = (await document(site))["components"]["schemas"]
    for name, body in BODIES.items():
        schema = schemas[name]
        assert schema["examples"] == [body], name
        assert set(schema.get("required", ())) <= set(body) <= set(schema["properties"]), name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/tasks/hello/trigger", "TriggerBody"),
        ("/api/v1/waitpoints/tokens", "NewWaitBody"),
        ("/api/v1/schedules", "NewScheduleBody"),
        ("/api/v1/bulk-actions", "BulkBody"),
        ("/api/v1/auth/public-tokens", "PublicTokenBody"),
    ],
)
async def test_what_the_page_fills_in_is_accepted_as_it_is(site: Site, path: str, name: str) -> None:
    answer = await site.http.post(path, json=BODIES[name])
    assert answer.is_success, answer.text


async def test_the_page_is_whole_without_any_other_server(site: Site) -> None:
    for path in ("/api/docs", "/api/docs/"):
        page = await site.http.get(path, headers={"Authorization": ""})
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "://" not in page.text
        for address in re.findall(r'(?:src|href|data-url)="(?!data:)([^"]+)"', page.text):
            asset = await site.http.get(str(page.url.join(address)), headers={"Authorization": ""})
            assert asset.status_code == 200, address
            assert asset.content
    assert (await site.http.get("/api/docs/assets/__init__.py")).status_code == 404


def test_the_page_s_files_are_those_that_their_makers_published() -> None:
    folder = files("runcast.api.reference_page")
    script = gzip.decompress((folder / "swagger-ui-bundle.js.gz").read_bytes())
    assert script.startswith(b"/*! For license information")
    assert "Apache License" in (folder / "LICENSE").read_text()


@pytest.mark.slow
async def test_whatever_is_asked_no_answer_is_a_server_error_or_other_than_described(site: Site) -> None:
    found = await document(site)
    known = await _make_things(site)
    problems = await asyncio.to_thread(_ask_everything, found, site.url, site.key, known)
    assert not problems, "\n\n".join(problems)


async def _make_things(site: Site) -> dict[str, str]:
    """Things to ask for by the names that paths have for them."""
    run = await site.run("count")
    wait = await site.post("/api/v1/waitpoints/tokens", {})
    queue = await site.get("/api/v1/queues")
    batch = await site.post("/api/v2/tasks/batch", {"items": [{"task": "hello", "payload": {}}]})
    return {
        "run_id": run["id"],
        "task": "hello",
        "wait_id": wait["id"],
        "queue": queue["data"][0]["id"],
        "batch_id": batch["id"],
    }


def _ask_everything(found: dict[str, Any], url: str, key: str, known: dict[str, str]) -> list[str]:
    schema = schemathesis.openapi.from_dict({**found, "servers": [{"url": url}]})
    problems = []
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        if STREAMS.search(operation.path) or OUTGOING.search(operation.path):
            continue
        try:
            _asking(operation, url, key, known)()
        except Exception as error:  # noqa: BLE001 - all of them are shown together
            problems.append(f"{operation.method.upper()} {operation.path}: {error}"[:2_000])
    return problems


def _asking(operation: Any, url: str, key: str, known: dict[str, str]) -> Callable[[], None]:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(), exists=booleans())
    def ask(case: Any, exists: bool) -> None:
        if exists:
            case.path_parameters = {
                name: known.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        response = case.call(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=10)
        case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])

    asked: Callable[[], None] = ask
    return asked
