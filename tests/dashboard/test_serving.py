"""What the server answers to browsers and to programs: pages, files, and what stays the API's."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from runcast.dashboard.serving import show_dashboard

ROOT = "test.root"
BROWSER = {"accept": "text/html,*/*;q=0.8", "sec-fetch-dest": "document"}
SCRIPT = "console.log('one line of many');" * 100
App = Callable[[Any, Any, Any], Awaitable[None]]


async def api(scope: Any, receive: Any, send: Any) -> None:
    """Whatever is left to it, it says so."""
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"error": "not found"}'})


def below(app: App, root: str) -> App:
    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, ROOT: root}, receive, send)

    return mounted


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A built app."""
    (tmp_path / "assets").mkdir()
    (tmp_path / ".vite").mkdir()
    (tmp_path / "index.html").write_text('<!doctype html><html><head lang="en"><title>App</title></head></html>')
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / ".vite" / "manifest.json").write_text("{}")
    (tmp_path / "assets" / "app-1f2e3d.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (tmp_path / "assets" / "font-1f2e3d.woff2").write_bytes(b"wOF2")
    (tmp_path.parent / "secret.txt").write_text("outside")
    return tmp_path


@pytest.fixture
async def browser(static: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """Asks for pages, as the address bar does."""
    async with asking(static) as client:
        yield client


def asking(static: Path, *, root: str = "") -> httpx2.AsyncClient:
    app = below(show_dashboard(api, {"api", "realtime"}, root=ROOT, static=static), root)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://testserver", headers=BROWSER)


async def test_every_address_of_the_app_is_its_page(browser: httpx2.AsyncClient) -> None:
    for path, base in (("/", "./"), ("/runs", "./"), ("/runs/run_1?tab=logs", "../"), ("/tasks/a%2Fb.c", "../")):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert f'<head lang="en"><base href="{base}"><title>' in answer.text


async def test_the_page_is_asked_for_anew_and_may_run_scripts_of_this_server_only(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/")
    assert answer.headers["cache-control"] == "no-cache"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["script-src"] == policy["default-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"


async def test_below_a_mount_the_page_says_where_the_app_begins(static: Path) -> None:
    async with asking(static, root='/jobs"><script>') as browser:
        assert '<base href="/jobs&quot;&gt;&lt;script&gt;/">' in (await browser.get("/runs/run_1")).text


async def test_files_named_for_their_content_are_kept_for_ever(browser: httpx2.AsyncClient) -> None:
    script = await browser.get("/assets/app-1f2e3d.js", headers={"sec-fetch-dest": "script"})
    assert (script.status_code, script.text) == (200, SCRIPT)
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["content-encoding"] == "gzip" and int(script.headers["content-length"]) < 200
    assert "immutable" in script.headers["cache-control"]
    assert (await browser.get("/icon.svg")).headers["cache-control"] == "no-cache"


async def test_who_takes_no_gzip_gets_the_plain_file(browser: httpx2.AsyncClient) -> None:
    for path in ("/assets/app-1f2e3d.js", "/"):
        plain = await browser.get(path, headers={"accept-encoding": "identity"})
        packed = await browser.get(path)
        assert plain.text == packed.text and "content-encoding" not in plain.headers
        assert plain.headers["etag"] != packed.headers["etag"]
        assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"


async def test_a_worker_may_ask_the_api(browser: httpx2.AsyncClient) -> None:
    policy = (await browser.get("/assets/app-1f2e3d.js")).headers["content-security-policy"]
    assert "connect-src 'self'" in policy, "a shared worker has the policy of its own file"


@pytest.mark.parametrize("path", ["/", "/runs/run_1", "/assets/app-1f2e3d.js", "/icon.svg"])
async def test_what_a_client_has_is_not_sent_again(path: str, browser: httpx2.AsyncClient) -> None:
    etag = (await browser.get(path)).headers["etag"]
    again = await browser.get(path, headers={"if-none-match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert (await browser.get(path, headers={"if-none-match": '"other"'})).status_code == 200


@pytest.mark.parametrize("path", ["/", "/assets/app-1f2e3d.js"])
async def test_a_look_at_the_headers_brings_no_body(path: str, browser: httpx2.AsyncClient) -> None:
    whole, head = await browser.get(path), await browser.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/app-000000.js",  # of another release: the page must not come in the place of a script
        "/assets/",
        "/assets/..%2F.vite%2Fmanifest.json",
        "/api/v1/nothing",
        "/api",
        "/realtime/v1/nothing",
    ],
)
async def test_what_is_no_page_stays_not_found(path: str, browser: httpx2.AsyncClient) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "not found"})


@pytest.mark.parametrize("path", ["/.vite/manifest.json", "/..%2Fsecret.txt", "/%2e%2e/secret.txt", "/..%5Csecret.txt"])
async def test_nothing_but_the_apps_files_is_served(path: str, browser: httpx2.AsyncClient) -> None:
    answer = await browser.get(path)
    assert answer.text.startswith("<!doctype html>"), "the page, as for every other address"


async def test_an_absolute_path_is_no_file_of_the_app(static: Path, browser: httpx2.AsyncClient) -> None:
    outside = static.parent / "secret.txt"
    for path in (f"/{outside}", f"/{str(outside).replace('/', '%2F')}", f"/assets/{outside}", f"/{'x' * 5_000}.txt"):
        assert "outside" not in (await browser.get(path)).text, path


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "application/json", "sec-fetch-dest": ""},
        {"accept": "*/*", "sec-fetch-dest": "empty"},
        {"accept": "image/png,*/*", "sec-fetch-dest": "image"},
    ],
    ids=["program", "fetch", "picture"],
)
async def test_who_wants_no_page_gets_none(headers: dict[str, str], browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/runs/run_1", headers=headers)).status_code == 404


async def test_a_program_that_takes_anything_gets_the_page(static: Path) -> None:
    async with asking(static) as curl:
        del curl.headers["sec-fetch-dest"]
        assert (await curl.get("/runs/run_1", headers={"accept": "*/*"})).status_code == 200


async def test_what_changes_something_is_the_apis(browser: httpx2.AsyncClient) -> None:
    assert (await browser.post("/", json={})).json() == {"error": "not found"}


async def test_a_server_without_a_built_app_says_how_to_build_it(tmp_path: Path) -> None:
    async with asking(tmp_path / "none") as browser:
        answer = await browser.get("/runs/run_1")
        assert answer.status_code == 404 and "make web" in answer.text
        assert 'href="../api/docs"' in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert (await browser.get("/assets/app.js")).json() == {"error": "not found"}
