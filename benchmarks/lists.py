"""`lists`: pages of runs over HTTP, by the filters that the dashboard has, with 1,000,000 finished runs in the file."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.finished import copy_finished_run
from benchmarks.lab import Lab, MeasurementFailed
from benchmarks.latency import percentile
from runcast.http_settings import ApiSettings
from runcast.server import Server, ServerConfig

PAGES = {
    "newest": "runs?page[size]=100",
    "failed": "runs?page[size]=100&filter[status]=FAILED,CRASHED,SYSTEM_FAILURE,TIMED_OUT",
    "running": "runs?page[size]=100&filter[status]=EXECUTING,DEQUEUED",
    "tag": "runs?page[size]=100&filter[tag]=nobody",
    "now": "stats/now",
    "activity": "stats?buckets=96",
    "activity_hour": "stats?buckets=96&filter[createdAt][period]=1h",
    "activity_month": "stats?buckets=96&filter[createdAt][period]=30d",
    "absent_task": "runs?page[size]=100&filter[taskIdentifier]=nobody",
    "absent_text": "runs?page[size]=100&filter[text]=nobody",
}
"""By metric. What no run has is the worst that a list can be asked for: one answer looks at as many runs as it may."""


async def measure(lab: Lab) -> Values:
    full = lab.shared / "history.db"
    if not full.exists():
        await lab.again("one_finished_run", database=str(full))
        copy_finished_run(full, lab.size["finished"])
    return await lab.again("ask", database=str(full))


async def one_finished_run(lab: Lab) -> Values:
    """A real run, finished: what the copies are made from."""
    lab.ledger(1)
    async with lab.subject():
        return {}


async def ask(lab: Lab) -> Values:
    """What 19 of 20 answers to each take at most, in ms."""
    config = ServerConfig(database=Path(lab.database).as_posix(), socket=False, http=ApiSettings(local=True))
    async with Server(config) as server:
        assert server.http is not None
        port, key = int(server.http.url.rpartition(":")[2]), server.http.local_key
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        values = {}
        for name, path in PAGES.items():
            request = (
                f"GET /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
            )
            took = [await _one(reader, writer, request) for _ in range(lab.size["requests"])]
            values[name] = percentile(took, 95) * 1000
        writer.close()
        return values


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> float:
    begun = time.perf_counter()
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head[:20]:
        raise MeasurementFailed(head.decode())
    await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r")[0]))
    return time.perf_counter() - begun


BENCHMARK = Benchmark(
    databases=("sqlite",),
    name="lists",
    summary="pages of runs over HTTP with 1,000,000 finished runs in the file",
    measure=measure,
    metrics=tuple(Metric(name, "ms", reach=100, aim=20) for name in PAGES),
    size={"finished": 1_000_000, "requests": 20},
    quick={"finished": 200_000, "requests": 10},
    tiny={"finished": 100, "requests": 2},
    timeout_s=300,
)
