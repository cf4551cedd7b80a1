"""Large values: uploaded before a trigger, downloaded by an address, by nobody who may not."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec
import pytest

from runcast.api.presigned import LIFETIME_S
from runcast.clock import ManualClock
from runcast.domain.instance_secret import InstanceSecret
from runcast.domain.limits import FILE_OPEN_MS, UPLOAD_BYTES_MAX
from runcast.engine.remove_objects import RemoveObjects
from tests.api.site import SECRET, Site, serving

PATH = "trigger/packet_abc/payload.json"
LARGE = "x" * 200_000


async def announce(site: Site, path: str = PATH) -> str:
    answer = await site.put(f"/api/v2/packets/{quote(path, safe='')}")
    assert answer["storagePath"] == path
    return str(answer["presignedUrl"])


async def put(url: str, content: Any, kind: str = "application/json") -> httpx2.Response:
    """As a stranger does: without a key."""
    async with httpx2.AsyncClient() as stranger:
        return await stranger.put(url, content=content, headers={"Content-Type": kind})


async def get(url: str, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient() as stranger:
        return await stranger.get(url, headers=headers)


async def uploaded(site: Site, text: str, kind: str = "application/json") -> str:
    assert (await put(await announce(site), text.encode(), kind)).status_code == 200
    return PATH


STORED = {"payloadType": "application/store"}


# --- up


async def test_a_payload_that_was_uploaded_is_the_payload_of_the_run(any_site: Site) -> None:
    path = await uploaded(any_site, msgspec.json.encode({"value": LARGE}).decode())
    run_id = await any_site.trigger("echo", path, **STORED)
    assert (await any_site.ended(run_id)).output == f'"{LARGE}"'


async def test_superjson_and_text_are_read_as_they_were_sent(site: Site) -> None:
    path = await uploaded(site, '{"json":{"value":"1970-01-01T00:00:00.000Z"},"meta":{"values":{"value":["Date"]}}}',
                          "application/super+json")  # fmt: skip
    assert (await site.run("echo", path, **STORED))["output"] == "1970-01-01T00:00:00.000Z"
    path = await uploaded(site, "just text", "text/plain; charset=utf-8")
    assert (await site.get(f"/api/v3/runs/{await site.trigger('later', path, **STORED)}"))["payload"] == "just text"


async def test_an_item_of_a_batch_may_name_an_upload(site: Site) -> None:
    path = await uploaded(site, '{"name":"upload"}')
    batch = (await site.post("/api/v3/batches", {"runCount": 2}))["id"]
    items = [{"index": 0, "task": "hello", "payload": path, "options": STORED},
             {"index": 1, "task": "hello", "payload": "trigger/none", "options": STORED}]  # fmt: skip
    body = b"\n".join(map(msgspec.json.encode, items))
    await site.http.post(
        f"/api/v3/batches/{batch}/items", content=body, headers={"Content-Type": "application/x-ndjson"}
    )
    found = await site.get(f"/api/v2/batches/{batch}")
    assert (await site.ended(found["runs"][0])).output == '"hello upload"'
    (error,) = found["processing"]["errors"]
    assert "no upload" in error["error"]


async def test_a_path_without_an_upload_or_with_nonsense_is_refused(site: Site) -> None:
    await uploaded(site, "{no json")
    for payload in (PATH, "trigger/none", "", None, {"a": 1}, "../../etc/passwd"):
        answer = await site.http.post("/api/v1/tasks/echo/trigger", json={"payload": payload, "options": STORED})
        assert answer.status_code == 400, payload


async def test_an_upload_has_a_type_and_a_bound(site: Site) -> None:
    url = await announce(site)
    assert (await put(url, b"<b>", "text/html")).status_code == 415
    assert (await put(url, b"x" * (UPLOAD_BYTES_MAX + 1))).status_code == 413
    answer = await site.http.get(f"/api/v1/packets/{quote(PATH, safe='')}")
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["..", "a/../b", "a\\b", "%00", "a//b", "x" * 1025])
async def test_hostile_paths_are_refused(site: Site, path: str) -> None:
    answer = await site.http.put(f"/api/v2/packets/{quote(path, safe='%')}")
    assert answer.status_code in (200, 400, 404, 413)
    if answer.status_code == 200:
        assert answer.json()["storagePath"] == "a/b"


async def test_uploads_are_removed_after_a_day() -> None:
    clock = ManualClock()
    async with serving(environments=(), clock=clock) as site:
        path = await uploaded(site, "{}")
        clock.advance(FILE_OPEN_MS)
        answer = await site.http.post("/api/v1/tasks/echo/trigger", json={"payload": path, "options": STORED})
        assert answer.status_code == 400
        remover = RemoveObjects(site.engine.store, None)
        for _ in range(5):
            await remover.tick(clock.now_ms())
        assert await remover.tick(clock.now_ms()) == clock.now_ms() + 60_000


# --- down


async def test_large_values_of_a_run_are_addresses(any_site: Site) -> None:
    path = await uploaded(any_site, msgspec.json.encode({"value": LARGE}).decode())
    run = await any_site.run("echo", path, **STORED)
    assert "payload" not in run
    assert "output" not in run
    payload, output = (
        await get(run["payloadPresignedUrl"]),
        await get(run["outputPresignedUrl"], Origin="http://page.example"),
    )
    assert (payload.json(), output.json()) == ({"value": LARGE}, LARGE)
    assert output.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("kind", "text"),
    [("application/super+json", '{"json":{"value":"1"},"meta":{"values":{"value":["bigint"]}}}'),
     ("application/json", '{"value":1}'), ("text/plain", "text")],
)  # fmt: skip
async def test_a_download_has_exactly_its_content_type(site: Site, kind: str, text: str) -> None:
    await uploaded(site, text, kind)
    for path in (PATH, quote(PATH, safe="")):
        answer = await get((await site.get(f"/api/v1/packets/{path}"))["presignedUrl"])
        assert answer.headers["content-type"] == kind
        assert answer.text == text
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_values_of_a_run_are_found_by_part_and_by_path(site: Site) -> None:
    run = await site.run("echo", {"value": {"a": 1}})
    for path in (f"/api/v1/runs/{run['id']}/packets/output", f"/api/v1/packets/runs%2F{run['id']}%2Foutput"):
        answer = await get((await site.get(path))["presignedUrl"])
        assert (answer.json(), answer.headers["content-type"]) == ({"a": 1}, "application/json")
    waiting = await site.trigger("hold")
    for path in (f"{waiting}/packets/output", f"{run['id']}/packets/error", "run_none/packets/output"):
        assert (await site.http.get(f"/api/v1/runs/{path}")).status_code == 404


# --- by whom


async def test_public_tokens_reach_only_what_their_run_has(site: Site) -> None:
    await uploaded(site, "{}")
    run, other = await site.run("echo", {"value": 1}), await site.run("echo", {"value": 2})
    token = site.bearer(f"read:runs:{run['id']}", "write:tasks", "trigger:tasks:echo")

    async def status(method: str, path: str, **options: Any) -> int:
        return (await site.http.request(method, path, headers=token, **options)).status_code

    assert await status("GET", f"/api/v1/packets/runs/{run['id']}/output") == 200
    assert await status("GET", f"/api/v1/runs/{run['id']}/packets/payload") == 200
    assert await status("GET", f"/api/v1/packets/runs/{other['id']}/output") == 403
    assert await status("GET", f"/api/v1/runs/{other['id']}/packets/payload") == 403
    assert await status("GET", f"/api/v1/packets/{PATH}") == 403
    assert await status("PUT", f"/api/v2/packets/{PATH}") == 403
    assert await status("POST", "/api/v1/tasks/echo/trigger", json={"payload": PATH, "options": STORED}) == 403


async def test_environments_have_uploads_of_their_own(site: Site) -> None:
    await uploaded(site, '{"value":1}')
    run = await site.run("echo", {"value": 1})
    token = site.bearer("admin", environment="prod")
    assert (await site.http.get(f"/api/v1/runs/{run['id']}/packets/output", headers=token)).status_code == 404
    assert await site.engine.files.list("", after="", limit=10, environment="dev") == ()


async def test_an_address_is_good_for_one_deed_and_some_minutes() -> None:
    clock = ManualClock()
    async with serving(environments=(), clock=clock) as site:
        up = await announce(site)
        assert (await get(up)).status_code == 403
        assert (await put(up, b"{}")).status_code == 200
        down = (await site.get(f"/api/v1/packets/{PATH}"))["presignedUrl"]
        assert (await put(down, b"{}")).status_code == 403
        clock.advance(LIFETIME_S * 1000)
        assert (await put(up, b"{}")).status_code == 403
        assert (await get(down)).status_code == 403


async def test_an_address_that_was_not_signed_here_is_refused(site: Site) -> None:
    url = await announce(site)
    head, _, token = url.rpartition("/")
    text, _, signature = token.partition(".")
    permit = msgspec.msgpack.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    permit[1] = "prod"
    forged = base64.urlsafe_b64encode(msgspec.msgpack.encode(permit)).decode().rstrip("=")
    foreign = InstanceSecret("another secret, of another instance").sign("presigned", forged)
    nonsense = base64.urlsafe_b64encode(b"no permit").decode().rstrip("=")
    own = InstanceSecret(SECRET)
    for bad in (
        f"{forged}.{signature}", f"{forged}.{foreign}", text, f"{text}.", f".{signature}", f"{text}.{signature[:-1]}", "x" * 9000,
        f"{nonsense}.{own.sign('presigned', nonsense)}", f"{text}.{own.sign('tokens:dev', text)}",
    ):  # fmt: skip
        assert (await put(f"{head}/{bad}", b"{}")).status_code == 403, bad[:80]
