"""`api`: `POST trigger` over HTTP, many at a time and one at a time; each is on disk when it is answered."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab, MeasurementFailed
from benchmarks.latency import percentile
from benchmarks.ledger import until
from runcast.http_settings import ApiSettings
from runcast.server import Server, ServerConfig

LIFETIME_S = 120
PACE_S = 0.01
WARM = 200
BODY = json.dumps(
    {
        "payload": '{"json":{"name":"ada","n":7}}',
        "options": {"payloadType": "application/super+json", "delay": "1h"},
    }
).encode()


async def measure(lab: Lab) -> Values:
    run_on(1)
    address = lab.directory / "address"
    server = lab.start("serve")
    try:
        await until(lambda: address.exists() or not server.is_running(), every_s=0.01)
        if not address.exists():
            raise MeasurementFailed("the server ended too soon")
        port, key = address.read_text().split()
        request = _request(int(port), key)
        await _many(int(port), request, WARM, 8)
        begun = time.perf_counter()
        await _many(int(port), request, lab.size["requests"], lab.size["connections"])
        elapsed = time.perf_counter() - begun
        alone = await _one(int(port), request, lab.size["alone"], PACE_S)
    finally:
        server.kill()
    return {
        "triggers_per_s": lab.size["requests"] / elapsed,
        "alone_p50": statistics.median(alone) * 1000,
        "alone_p99": percentile(alone, 99) * 1000,
    }


async def serve(lab: Lab) -> Values:
    """The server, on one core, until it is killed."""
    run_on(0)
    async with Server(ServerConfig(database=lab.database, socket=False, http=ApiSettings(local=True))) as server:
        assert server.http is not None
        written = lab.directory / "address.new"
        written.write_text(f"{server.http.url.rpartition(':')[2]} {server.http.local_key}")
        written.rename(lab.directory / "address")
        await asyncio.sleep(LIFETIME_S)
    return {}


def run_on(core: int) -> None:
    """Server and client share no core, where the system lets one say so."""
    if hasattr(os, "sched_setaffinity") and len(cores := sorted(os.sched_getaffinity(0))) > 1:
        os.sched_setaffinity(0, {cores[core]})


def _request(port: int, key: str) -> bytes:
    head = (
        f"POST /api/v1/tasks/hello/trigger HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY


async def _many(port: int, request: bytes, requests: int, connections: int) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_one(port, request, requests // connections, 0))


async def _one(port: int, request: bytes, requests: int, pace_s: float) -> list[float]:
    """How long each of the requests on one connection took, in seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for _ in range(requests):
        if pace_s:
            await asyncio.sleep(pace_s)
        begun = time.perf_counter()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b" 200 " not in head[:20]:
            raise MeasurementFailed(head.decode())
        await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r")[0]))
        took.append(time.perf_counter() - begun)
    writer.close()
    return took


BENCHMARK = Benchmark(
    name="api",
    summary="POST trigger over HTTP: requests answered on one core, and one request alone",
    measure=measure,
    metrics=(
        Metric(
            "triggers_per_s", "requests/s", higher_is_better=True, reach=1_500, aim=4_000, on_postgres=(1_500, 4_000)
        ),
        Metric("alone_p50", "ms", reach=3, fsyncs=1, on_postgres=(3, 1.5)),
        Metric("alone_p99", "ms"),
    ),
    size={"requests": 20_000, "connections": 64, "alone": 300},
    quick={"requests": 5_000, "alone": 100},
    tiny={"requests": 16, "connections": 2, "alone": 2},
)
