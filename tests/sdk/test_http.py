"""`retry_transport` against a real server that limits, breaks and stays silent."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest

from runcast import InvalidInput, Retry
from runcast.http import RetryTransport, retry_after, retry_transport
from tests.sdk.flaky_server import BREAK, SILENCE, Answer, FlakyServer, flaky_server

FAST = Retry(max_attempts=3, min_s=0.001, max_s=0.01)
SOON = {"retry-after-ms": "5"}
Send = Callable[..., Any]


@pytest.fixture
def server() -> Iterator[FlakyServer]:
    with flaky_server() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def send(request: pytest.FixtureRequest, server: FlakyServer) -> Send:
    """Send one request with either client; always awaited."""

    async def blocking(method: str = "GET", *, timeout: float = 5, **options: Any) -> httpx2.Response:
        transport, content = _transport(options)
        with httpx2.Client(transport=transport, timeout=timeout) as client:
            return client.request(method, server.url, **content)

    async def waiting(method: str = "GET", *, timeout: float = 5, **options: Any) -> httpx2.Response:
        transport, content = _transport(options)
        async with httpx2.AsyncClient(transport=transport, timeout=timeout) as client:
            return await client.request(method, server.url, **content)

    return blocking if request.param == "sync" else waiting


def _transport(options: dict[str, Any]) -> tuple[RetryTransport, dict[str, Any]]:
    content: dict[str, Any] = {name: options.pop(name) for name in ("content", "files", "headers") if name in options}
    return retry_transport(**{"retry": FAST} | options), content


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_a_status_that_passes_is_retried_with_any_method(server: FlakyServer, send: Send, status: int) -> None:
    server.plan = [(status, {}), (status, SOON)]
    response = await send("POST", content=b"order")
    assert (response.status_code, response.text) == (200, "done")
    assert server.seen == [("POST", b"order")] * 3


@pytest.mark.parametrize("status", [400, 401, 404, 422])
async def test_a_status_that_stays_is_not_retried(server: FlakyServer, send: Send, status: int) -> None:
    server.plan = [(status, SOON)]
    assert (await send()).status_code == status
    assert len(server.seen) == 1


async def test_the_last_answer_is_returned_when_the_attempts_are_used_up(server: FlakyServer, send: Send) -> None:
    server.plan = [(500, {}), (502, {}), (503, {}), (200, {})]
    response = await send()
    assert (response.status_code, response.text) == (503, "later")
    assert len(server.seen) == 3


async def test_only_the_statuses_of_the_pattern_are_retried(server: FlakyServer, send: Send) -> None:
    server.plan = [(500, {}), (418, {}), (429, {})]
    assert (await send(statuses="500-599, 418")).status_code == 429
    assert len(server.seen) == 3


def _in_http_date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    "headers",
    [
        lambda: {"retry-after": "1"},
        lambda: {"retry-after": _in_http_date(2)},
        lambda: {"x-ratelimit-reset": str(time.time() + 1), "x-ratelimit-remaining": "0"},
        lambda: {"x-ratelimit-reset": str(int((time.time() + 1) * 1000))},
        lambda: {"x-ratelimit-reset-requests": "1s0ms", "x-ratelimit-reset-tokens": "1h0m0s"},
        lambda: {"anthropic-ratelimit-requests-reset": (datetime.now(UTC) + timedelta(seconds=1)).isoformat()},
    ],
    ids=["seconds", "date", "unix seconds", "unix milliseconds", "durations", "iso 8601"],
)
async def test_the_wait_that_the_server_asks_for_is_kept(
    server: FlakyServer, send: Send, headers: Callable[[], dict[str, str]]
) -> None:
    server.plan = [(429, headers())]
    began = time.monotonic()
    assert (await send()).status_code == 200
    assert 0.85 < time.monotonic() - began < 3


async def test_a_wait_that_is_too_long_is_left_to_the_caller(server: FlakyServer, send: Send) -> None:
    server.plan = [(429, {"retry-after": "120"})]
    response = await send()
    assert (response.status_code, retry_after(response)) == (429, 120)
    assert len(server.seen) == 1


async def test_reset_headers_of_an_error_that_is_no_limit_are_only_information(server: FlakyServer, send: Send) -> None:
    server.plan = [(500, {"x-ratelimit-reset": "3600"})]
    assert (await send()).status_code == 200


async def test_the_deadline_bounds_all_attempts(server: FlakyServer, send: Send) -> None:
    server.plan = [(503, {"retry-after": "30"})]
    began = time.monotonic()
    assert (await send(deadline="1s")).status_code == 503
    assert time.monotonic() - began < 1


async def test_a_broken_connection_is_retried_where_the_method_may_be_sent_twice(
    server: FlakyServer, send: Send
) -> None:
    server.plan = [BREAK, BREAK]
    assert (await send("PUT", content=b"x")).status_code == 200
    assert server.seen == [("PUT", b"x")] * 3


@pytest.mark.parametrize(("failure", "timeout"), [(BREAK, 5.0), (SILENCE, 0.2)], ids=["broken", "silent"])
async def test_a_request_that_may_have_had_an_effect_is_sent_once(
    server: FlakyServer, send: Send, failure: Answer, timeout: float
) -> None:
    server.plan = [failure]
    with pytest.raises(httpx2.TransportError):
        await send("POST", content=b"x", timeout=timeout)
    assert len(server.seen) == 1


async def test_an_idempotency_key_or_the_callers_word_makes_it_repeatable(server: FlakyServer, send: Send) -> None:
    server.plan = [BREAK]
    assert (await send("POST", content=b"x", headers={"Idempotency-Key": "1"})).status_code == 200
    server.plan = [BREAK]
    assert (await send("POST", content=b"x", methods={"post"})).status_code == 200


async def test_a_timeout_is_retried_unless_it_is_switched_off(server: FlakyServer, send: Send) -> None:
    server.plan = [SILENCE]
    assert (await send(timeout=0.2)).status_code == 200
    server.plan = [SILENCE]
    with pytest.raises(httpx2.ReadTimeout):
        await send(timeout=0.2, timeouts=False)


async def test_a_server_that_cannot_be_reached_is_tried_again_with_every_method(send: Send) -> None:
    with flaky_server() as gone:
        pass
    tries: list[str] = []

    class Counting(httpx2.HTTPTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            tries.append(request.method)
            return super().handle_request(request)

    with httpx2.Client(transport=retry_transport(Counting(), retry=FAST)) as client, pytest.raises(httpx2.ConnectError):
        client.post(gone.url, content=b"x")
    assert tries == ["POST"] * 3
    with (
        httpx2.Client(transport=retry_transport(Counting(), retry=FAST, connection_errors=False)) as client,
        pytest.raises(httpx2.ConnectError),
    ):
        client.get(gone.url)
    assert len(tries) == 4


async def test_files_are_sent_again_and_an_iterator_is_not(server: FlakyServer, send: Send) -> None:
    server.plan = [(503, SOON)]
    assert (await send("POST", files={"file": b"contents"})).status_code == 200
    assert all(b"contents" in body for _, body in server.seen)
    server.seen.clear()
    server.plan = [(503, SOON)]

    def sync_parts() -> Iterator[bytes]:
        yield b"once"

    async def async_parts() -> AsyncIterator[bytes]:
        yield b"once"

    with httpx2.Client(transport=retry_transport(retry=FAST)) as client:
        assert client.post(server.url, content=sync_parts()).status_code == 503
    server.plan = [(503, SOON)]
    async with httpx2.AsyncClient(transport=retry_transport(retry=FAST)) as waiting:
        assert (await waiting.post(server.url, content=async_parts())).status_code == 503
    assert [body for _, body in server.seen] == [b"once", b"once"]


def test_wrong_settings_are_refused_at_once() -> None:
    with pytest.raises(InvalidInput, match="50x"):
        retry_transport(statuses="50x")
    with pytest.raises(InvalidInput, match="between 100 and 599"):
        retry_transport(statuses="700")
    with (
        httpx2.Client(transport=retry_transport(httpx2.AsyncHTTPTransport())) as client,
        pytest.raises(InvalidInput, match="BaseTransport"),
    ):
        client.get("http://127.0.0.1:1/")
