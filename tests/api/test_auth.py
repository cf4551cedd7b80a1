"""Who counts as whom: this machine, pages of other origins, other names; and requests that lie about themselves."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator

import pytest

from runcast.api import bounded
from runcast.api.hosts import answers_to
from runcast.clock import ManualClock
from runcast.http_settings import ApiSettings
from tests.api.site import Site, serving


@pytest.fixture
async def local() -> AsyncIterator[Site]:
    """As `runcast dev` serves it: programs of this machine need no key."""
    async with serving(environments=()) as site:
        del site.http.headers["authorization"]
        yield site


async def raw(site: Site, *pieces: bytes) -> bytes:
    """What is answered to these bytes until the connection ends, or pauses after a response."""
    host, port = site.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read(65_536)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def head(site: Site, *lines: str, method: str = "POST", path: str = "/api/v1/keys") -> bytes:
    key = site.server.http and site.server.http.local_key
    first = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}", *lines]
    return "\r\n".join([*first, "", ""]).encode()


# --- this machine


async def test_a_program_of_this_machine_needs_no_key(local: Site) -> None:
    me = await local.get("/api/v1/me")
    assert (me["name"], me["role"], me["everywhere"]) == ("this machine", "admin", True)


async def test_the_key_that_dev_prints_admits(site: Site) -> None:
    assert site.key.startswith("tr_dev_sk_")
    assert (await site.get("/api/v1/me"))["role"] == "admin"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"X-Forwarded-For": "203.0.113.7"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Host": "runs.example.com"},
        {"X-Forwarded-Proto": "https"},
        {"X-Real-Ip": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"Via": "1.1 proxy"},
        {"Cf-Connecting-Ip": "203.0.113.7"},
    ],
)
async def test_a_page_of_somebody_else_and_whoever_comes_through_a_proxy_needs_one(
    local: Site, headers: dict[str, str]
) -> None:
    for method, path in (("GET", "/api/v1/me"), ("POST", "/api/v1/tasks/hello/trigger")):
        answer = await local.http.request(method, path, headers=headers, json={} if method == "POST" else None)
        assert answer.status_code == 401, (method, headers)


async def test_a_proxy_that_says_nothing_of_itself_speaks_an_older_http(local: Site) -> None:
    answer = await raw(local, b"GET /api/v1/me HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401")


async def test_with_a_public_url_this_machine_needs_a_key_too() -> None:
    settings = ApiSettings(local=True, public_url="https://runs.example.com")
    async with serving(environments=(), http=settings) as site:
        assert (await site.http.get("/api/v1/me")).status_code == 200
        del site.http.headers["authorization"]
        assert (await site.http.get("/api/v1/me")).status_code == 401


async def test_our_own_page_needs_no_key(local: Site) -> None:
    headers = {"Origin": local.url, "Sec-Fetch-Site": "same-origin"}
    assert (await local.http.post("/api/v1/keys", json={"name": "x"}, headers=headers)).status_code == 201


async def test_a_key_that_is_wrong_is_not_made_up_for_by_being_here(local: Site) -> None:
    assert (await local.http.get("/api/v1/me", headers={"Authorization": "Bearer no"})).status_code == 401


async def test_a_server_that_is_not_for_this_machine_alone_asks_everybody() -> None:
    async with serving(environments=(), http=ApiSettings()) as site:
        del site.http.headers["authorization"]
        assert (await site.http.get("/api/v1/me")).status_code == 401


# --- names


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "127.9.9.9:80", "[::1]:1", "app.localhost", "LOCALHOST"])
async def test_it_answers_to_names_of_this_machine(local: Site, host: str) -> None:
    assert (await local.http.get("/api/v1/me", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8787",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "203.0.113.7",
        "0.0.0.0",
        "[",
        "[::1",
        "",
        "evil.example#localhost",
    ],
)
async def test_it_answers_to_no_other_name_whoever_asks(site: Site, host: str) -> None:
    answer = await raw(
        site, f"GET /api/v1/me HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {site.key}\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 421"), answer[:100]
    assert b"unknown_host" in answer


async def test_two_names_are_none(site: Site) -> None:
    answer = await raw(site, head(site, "Host: 127.0.0.1", method="GET", path="/api/v1/me"))
    assert answer.startswith((b"HTTP/1.1 421", b"HTTP/1.1 400"))


@pytest.mark.parametrize(
    ("settings", "known", "unknown"),
    [
        (ApiSettings(), ["localhost"], ["runs.example.com", "10.0.0.5", "runcast"]),
        (ApiSettings(public_url="https://runs.example.com"), ["runs.example.com", "localhost:80"], ["example.com"]),
        (ApiSettings(hosts=("runs.internal",)), ["runs.internal:8787", "localhost"], ["runcast", "x.runs.internal"]),
        (ApiSettings(host="0.0.0.0"), ["10.0.0.5", "runcast:8787", "[fd00::1]:80"], ["evil.example", ""]),
        (ApiSettings(host="10.0.0.5"), ["10.0.0.5:80", "runcast"], ["evil.example"]),
        (ApiSettings(host="0.0.0.0", hosts=("runs.internal",)), ["runs.internal"], ["10.0.0.5", "runcast"]),
    ],
)
def test_names_follow_from_the_settings(settings: ApiSettings, known: list[str], unknown: list[str]) -> None:
    answers = answers_to(settings)
    assert [host for host in known if not answers(host)] == []
    assert [host for host in unknown if answers(host)] == []


# --- what responses say


async def test_every_response_says_what_browsers_must_not_do_with_it(site: Site) -> None:
    for path in ("/api/v1/me", "/api/nowhere", "/api/v3/runs/run_none"):
        headers = (await site.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")


async def test_too_many_keys_that_are_none_are_slowed_down_but_no_key_that_admits() -> None:
    async with serving(environments=(), clock=ManualClock()) as site:
        wrong = {"Authorization": "Bearer tr_dev_sk_guess"}
        statuses = [(await site.http.get("/api/v1/me", headers=wrong)).status_code for _ in range(301)]
        assert statuses == [401] * 300 + [429]
        assert (await site.http.get("/api/v1/me")).status_code == 200


# --- requests that lie


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 2"], b"{}GET /api/v1/me HTTP/1.1\r\n\r\n"),
        (["Content-Length: -1"], b"{}"),
        (["Content-Length: 1e3"], b"{}"),
        (["Content-Length: 2", "Content-Length: 3"], b"{}x"),
        (["Content-Length: 2", "Transfer-Encoding: chunked"], b"0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"zz\r\n{}\r\n"),
        (["Content-Length: 99999999999"], b"{}"),
        (["Content-Length: 99999999999999999999999999"], b"{}"),
    ],
)
async def test_a_body_that_lies_about_its_length_is_refused(site: Site, lines: list[str], body: bytes) -> None:
    answer = await raw(site, head(site, *lines) + body)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413")), answer[:100]
    assert await site.get("/api/v1/keys") == {"data": []}


@pytest.mark.parametrize("first", [b"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\n", b"GET /"])
async def test_a_head_without_end_is_refused_and_takes_no_memory(site: Site, first: bytes) -> None:
    piece = b"X-Name: " + b"a" * 30_000 + b"\r\n" if first.endswith(b"\n") else b"a" * 30_000
    answer = await raw(site, first, *[piece] * 100)
    assert not answer or answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


async def test_a_body_that_comes_at_once_with_its_head_is_none_of_it(site: Site) -> None:
    body = b'{"name": "%s"}' % (b"x" * 100)
    padded = body[:-1] + b" " * 200_000 + b"}"
    answer = await raw(site, head(site, f"Content-Length: {len(padded)}", "Content-Type: application/json") + padded)
    assert answer.startswith(b"HTTP/1.1 201"), answer[:200]


async def test_what_follows_a_body_is_no_header(site: Site) -> None:
    asked = f"GET /api/v1/me HTTP/1.1\r\nHost: {site.url.removeprefix('http://')}\r\nX-Real-IP: 192.0.2.1\r\n"
    chunked = f"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: Bearer {site.key}\r\n\r\n"
    assert (await raw(site, (asked + chunked).encode())).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("piece", [b"X-Name: " + b"a" * 30_000 + b"\r\n", b"a" * 30_000])
async def test_what_follows_a_body_without_end_is_refused(site: Site, piece: bytes) -> None:
    first = head(site, "Transfer-Encoding: chunked", "Content-Type: application/json", path="/api/v1/keys") + b"0\r\n"
    answer = await raw(site, first + (b"" if piece.endswith(b"\n") else b"X-Name: "), *[piece] * 100)
    assert not answer or answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


async def test_strangers_leave_the_database_the_files_that_it_needs(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (bounded.FILES_KEPT + 1, bounded.FILES_KEPT + 1))
    host, port = site.url.removeprefix("http://").split(":")
    _, stranger = await asyncio.open_connection(host, int(port))
    assert (await raw(site)).startswith(b"HTTP/1.1 503")
    stranger.close()
    await stranger.wait_closed()
    asked = head(site, "Connection: close", method="GET", path="/api/v1/me")
    async with asyncio.timeout(20):
        while not (await raw(site, asked)).startswith(b"HTTP/1.1 200"):
            pass


async def test_a_request_that_never_becomes_whole_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "HEAD_S", 0.05)
    monkeypatch.setattr(bounded, "BODY_S", 0.05)
    assert await raw(site) == b""
    assert await raw(site, b"GET /api/v1/me HT") == b""
    answer = await raw(site, head(site, "Content-Length: 100", "Content-Type: application/json") + b"{")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "path", ["/api/v1/%2e%2e/%2e%2e/etc/passwd", "/api/v3/runs/..%2f..%2fkeys", "/api/v1/keys/%00"]
)
async def test_tricks_with_paths_lead_nowhere(site: Site, path: str) -> None:
    answer = await raw(site, head(site, "Connection: close", method="GET", path=path))
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400", b"HTTP/1.1 405")), answer[:100]
