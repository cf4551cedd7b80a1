"""`http_retry`: what `retry_transport` adds to a request that needs no retry."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx2

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab
from runcast.http import retry_transport

BATCH = 200
MEASURABLE_US = 0.1


class _Instant(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Answers at once, so that only the client's own work is measured."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"x-ratelimit-reset": "30"}, content=b"ok")

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return self.handle_request(request)


async def measure(lab: Lab) -> Values:
    rounds = max(1, lab.size["requests"] // BATCH)
    return {
        "sync_added": await asyncio.to_thread(_added_us, rounds, _sync_batch),
        "async_added": await asyncio.to_thread(_added_us, rounds, _async_batch),
    }


def _added_us(rounds: int, batch: Callable[[httpx2.BaseTransport | httpx2.AsyncBaseTransport], float]) -> float:
    """Microseconds per request: the fastest batch with the transport against the fastest without."""
    pairs = [(batch(retry_transport(_Instant())), batch(_Instant())) for _ in range(rounds + 1)]
    added_s = min(with_retries for with_retries, _ in pairs) - min(without for _, without in pairs)
    return max(added_s / BATCH * 1e6, MEASURABLE_US)


def _sync_batch(transport: Any) -> float:
    with httpx2.Client(transport=transport) as client:
        begun = time.perf_counter()
        for _ in range(BATCH):
            client.get("http://127.0.0.1/")
        return time.perf_counter() - begun


def _async_batch(transport: Any) -> float:
    async def main() -> float:
        async with httpx2.AsyncClient(transport=transport) as client:
            begun = time.perf_counter()
            for _ in range(BATCH):
                await client.get("http://127.0.0.1/")
            return time.perf_counter() - begun

    return asyncio.run(main())


BENCHMARK = Benchmark(
    databases=("sqlite",),
    name="http_retry",
    summary="what retry_transport adds to a request that needs no retry",
    measure=measure,
    metrics=(Metric("sync_added", "µs", reach=50, aim=5), Metric("async_added", "µs", reach=50, aim=5)),
    size={"requests": 10_000},
    quick={"requests": 2_000},
    tiny={"requests": 10},
)
