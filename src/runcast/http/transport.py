"""The transport: sends a request again while that may help, and waits in between."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TypeVar

import httpx2
import msgspec

from runcast.domain.errors import InvalidInput
from runcast.domain.rate_limit import RESET_HEADERS, RETRIED_STATUSES, parse_statuses, wait_s
from runcast.domain.retry import Retry
from runcast.sdk.durations import Duration, duration_ms

T = TypeVar("T")

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that may be sent twice."""
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""Nothing of the request has reached a server."""
_BROKEN = (httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.ProxyError)
_LIMITED = frozenset({429, 503})
"""With other statuses a reset header is only information."""
_DRAINED_BYTES_MAX = 65_536
"""A shorter body is read before the next attempt, so that the connection can be used again."""
_JITTER = 0.1
"""What is added at most to a wait that the server asked for, as a part of it: not all clients come back at once."""

log = logging.getLogger("runcast.http")


class Policy(msgspec.Struct, frozen=True):
    """When to send again, and when to wait how long."""

    retry: Retry
    statuses: frozenset[int]
    methods: frozenset[str]
    connection_errors: bool
    timeouts: bool
    wait_max_s: float
    deadline_s: float | None
    reset_headers: tuple[str, ...]


def retry_transport(
    transport: httpx2.BaseTransport | httpx2.AsyncBaseTransport | None = None,
    *,
    retry: Retry | None = None,
    statuses: str = RETRIED_STATUSES,
    methods: Collection[str] = IDEMPOTENT,
    connection_errors: bool = True,
    timeouts: bool = True,
    wait_max: Duration = "1m",
    deadline: Duration | None = None,
    reset_headers: Sequence[str] = RESET_HEADERS,
) -> RetryTransport:
    """A transport for `httpx2.Client` and `httpx2.AsyncClient` that sends again what failed for a while.

    `statuses` (such as `"429,408,5xx"` or `"500-599"`) are retried with every method: the server has answered.
    After a broken connection or a timeout only `methods` are, and requests with an `Idempotency-Key`; a request that
    could not even connect always is. `retry` is the backoff, 3 attempts by default. A wait that the server asks for
    (`Retry-After`, or the reset header of a used-up limit) is kept, with up to a tenth more; one longer than `wait_max`
    ends the attempts. `deadline` bounds all attempts of a request together. What is left in the end is the last
    response, or the last error. A body that can be read only once, such as a generator, is sent once.

    >>> client = httpx2.Client(transport=retry_transport(retry=Retry(max_attempts=5), deadline="2m"))
    >>> client.close()
    """
    policy = Policy(
        retry or Retry(),
        parse_statuses(statuses),
        frozenset(method.upper() for method in methods),
        connection_errors,
        timeouts,
        duration_ms(wait_max, name="wait_max") / 1000,
        None if deadline is None else duration_ms(deadline, name="deadline") / 1000,
        tuple(name.lower() for name in reset_headers),
    )
    return RetryTransport(transport, policy)


def retry_after(response: httpx2.Response) -> float | None:
    """How many seconds the server asks to wait; None if it does not say. For a durable wait where it is long.

    >>> await wait.for_(retry_after(response) or "1m")  # doctest: +SKIP
    """
    return _asked_s(response, RESET_HEADERS)


class RetryTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Sends requests through another transport, several times if need be. Made by `retry_transport`."""

    def __init__(self, transport: httpx2.BaseTransport | httpx2.AsyncBaseTransport | None, policy: Policy) -> None:
        self._policy = policy
        self._given = transport
        self._sync: httpx2.BaseTransport | None = None
        self._async: httpx2.AsyncBaseTransport | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._sync is None:
            self._sync = _checked(self._given or httpx2.HTTPTransport(), httpx2.BaseTransport)
        state: _Request | None = None
        while True:
            began = time.monotonic()
            outcome: httpx2.Response | httpx2.TransportError
            try:
                outcome = self._sync.handle_request(request)
                if outcome.status_code not in self._policy.statuses:
                    return outcome
            except httpx2.TransportError as error:
                outcome = error
            state = state or _Request(self._policy, request, began)
            pause_s = state.next_pause_s(outcome)
            if pause_s is None:
                return _given_up(outcome)
            if isinstance(outcome, httpx2.Response):
                with suppress(httpx2.HTTPError):
                    if _is_short(outcome):
                        outcome.read()
                outcome.close()
            time.sleep(pause_s)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._async is None:
            self._async = _checked(self._given or httpx2.AsyncHTTPTransport(), httpx2.AsyncBaseTransport)
        state: _Request | None = None
        while True:
            began = time.monotonic()
            outcome: httpx2.Response | httpx2.TransportError
            try:
                outcome = await self._async.handle_async_request(request)
                if outcome.status_code not in self._policy.statuses:
                    return outcome
            except httpx2.TransportError as error:
                outcome = error
            state = state or _Request(self._policy, request, began)
            pause_s = state.next_pause_s(outcome)
            if pause_s is None:
                return _given_up(outcome)
            if isinstance(outcome, httpx2.Response):
                with suppress(httpx2.HTTPError):
                    if _is_short(outcome):
                        await outcome.aread()
                await outcome.aclose()
            await asyncio.sleep(pause_s)

    def close(self) -> None:
        if self._sync is not None:
            self._sync.close()

    async def aclose(self) -> None:
        if self._async is not None:
            await self._async.aclose()


class _Request:
    """One request that failed at least once."""

    def __init__(self, policy: Policy, request: httpx2.Request, began: float) -> None:
        self._policy = policy
        self._request = request
        self._attempt = 0
        self._until = None if policy.deadline_s is None else began + policy.deadline_s

    def next_pause_s(self, outcome: httpx2.Response | httpx2.TransportError) -> float | None:
        """How long to wait before the next attempt; None: there is none."""
        self._attempt += 1
        policy = self._policy
        if self._attempt >= policy.retry.max_attempts or not self._may_repeat(outcome):
            return None
        asked = _asked_s(outcome, policy.reset_headers) if isinstance(outcome, httpx2.Response) else None
        if asked is None:
            pause_s = policy.retry.delay_ms(self._attempt, roll=random.random()) / 1000
        elif asked > policy.wait_max_s:
            return None
        else:
            pause_s = asked * (1 + _JITTER * random.random())
        if self._until is not None and time.monotonic() + pause_s > self._until:
            return None
        log.info("%s %s: %s; again in %.1f s", self._request.method, self._request.url.host, _told(outcome), pause_s)
        return pause_s

    def _may_repeat(self, outcome: httpx2.Response | httpx2.TransportError) -> bool:
        policy, request = self._policy, self._request
        if isinstance(outcome, httpx2.Response):
            return _is_replayable(request)
        if isinstance(outcome, httpx2.TimeoutException):
            wanted = policy.timeouts
        else:
            wanted = policy.connection_errors and isinstance(outcome, _BROKEN)
        if not wanted or isinstance(outcome, _UNSENT):
            return wanted
        harmless = request.method in policy.methods or "idempotency-key" in request.headers
        return harmless and _is_replayable(request)


def _is_replayable(request: httpx2.Request) -> bool:
    """Bytes, forms and files can be sent again: httpx2 gives them streams for both kinds of client. An iterator has one
    for its own kind, and is used up."""
    return isinstance(request.stream, httpx2.SyncByteStream) and isinstance(request.stream, httpx2.AsyncByteStream)


def _asked_s(response: httpx2.Response, reset_headers: Sequence[str]) -> float | None:
    headers = reset_headers if response.status_code in _LIMITED else ()
    return wait_s(response.headers, time.time(), reset_headers=headers)


def _is_short(response: httpx2.Response) -> bool:
    length = response.headers.get("content-length", "")
    return bool(length.isdecimal() and int(length) <= _DRAINED_BYTES_MAX)


def _given_up(outcome: httpx2.Response | httpx2.TransportError) -> httpx2.Response:
    if isinstance(outcome, httpx2.Response):
        return outcome
    raise outcome


def _told(outcome: httpx2.Response | httpx2.TransportError) -> str:
    if isinstance(outcome, httpx2.Response):
        return f"status {outcome.status_code}"
    return f"{type(outcome).__name__}: {outcome}"


def _checked(transport: object, kind: type[T]) -> T:
    if not isinstance(transport, kind):
        raise InvalidInput(f"this client needs a transport that is an {kind.__name__}, got {transport!r}")
    return transport
