"""`live`: how soon followers see a change: 1,000 of them on 100 runs that change 1,000 times a second, one alone by the live
stream and by long polls; and what 10,000 long polls without news cost."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import statistics
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from benchmarks.api import run_on
from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab, MeasurementFailed, Process
from benchmarks.latency import percentile
from benchmarks.ledger import until
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun
from runcast.engine.engine import Engine
from runcast.http_settings import ApiSettings
from runcast.sdk.fresh_ids import fresh_ids
from runcast.server import Server, ServerConfig
from runcast.store import changes
from runcast.store.rows import MetadataRow
from runcast.store.script import Script, call

LIFETIME_S = 150
TICK_S = 0.005
QUIET_S = 0.15
"""Between two changes when it is quiet."""
_SEEN = re.compile(rb'"sent":(\d+),"n":(\d+)')
_SEEN_IN_ROW = re.compile(rb'\\"sent\\":(\d+),\\"n\\":(\d+)')


# --- the server's process


async def serve(lab: Lab) -> Values:
    """The server, on one core, with whoever changes the runs; until it is killed."""
    run_on(0)
    _allow_files()
    size = lab.size
    async with Server(ServerConfig(database=lab.database, socket=False, http=ApiSettings(local=True))) as server:
        assert server.http is not None
        ids = fresh_ids("run", max(1, size["runs"]))
        await server.engine.trigger([NewRun(RunId(id), "sleep", delay_ms=3_600_000) for id in ids])
        _say(lab.directory, server.http.url, server.http.local_key or "", ids)
        if size["changes"]:
            await until(lambda: server.engine.hub.followers >= size["followers"])
            await _change(server.engine, ids, size["changes"], size["rate"])
        await asyncio.sleep(LIFETIME_S)
    return {}


def _say(directory: Path, url: str, key: str, ids: list[str]) -> None:
    written = directory / "address.new"
    written.write_text(json.dumps({"port": int(url.rpartition(":")[2]), "key": key, "ids": ids}))
    written.rename(directory / "address")


async def _change(engine: Engine, ids: list[str], total: int, rate: int) -> None:
    """`total` changes, in turn of each run, so many a second; each carries the time of its commit and its number."""
    begun = time.perf_counter()
    done = 0
    while done < total:
        due = min(total, int((time.perf_counter() - begun) * rate) + 1)
        if due > done:
            numbers = range(done, due)
            await engine.store.write(partial(_set, [(ids[at % len(ids)], at // len(ids)) for at in numbers]))
            done = due
        await asyncio.sleep(TICK_S if rate > 1 / TICK_S else 1 / rate)


def _set(news: list[tuple[str, int]]) -> Script[None]:
    numbers = dict(news)
    rows: list[MetadataRow] = yield call("metadata_rows", ids=[[id] for id in numbers])
    now = time.time_ns()
    texts = {row.id: f'{{"sent":{now},"n":{numbers[row.id]}}}' for row in rows}
    yield call("set_metadata", rows=[[row.id, texts[row.id], "[]"] for row in rows])
    yield from changes.append(
        [(row.id, row.root_id, row.version + 1, "metadata", row.status, now // 1_000_000) for row in rows]
    )


# --- the followers


class _Follower(asyncio.Protocol):
    """One connection. It only looks for the stamps in what comes, so that a thousand of them fit into one process."""

    def __init__(self, request: bytes, seen: list[float], last: int, stamp: re.Pattern[bytes]) -> None:
        self._request = request
        self._seen = seen
        self._last = last
        self._stamp = stamp
        self._rest = b""
        self.newest = -1
        self.bytes = 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.time_ns()
        self.bytes += len(data)
        text = self._rest + data
        end = 0
        for match in self._stamp.finditer(text):
            sent, number = int(match[1]), int(match[2])
            end = match.end()
            if number <= self.newest:
                raise MeasurementFailed(f"told {number} after {self.newest}")
            self.newest = number
            self._seen.append((now - sent) / 1e6)
        self._rest = text[max(end, len(text) - 100) :]
        if self.newest >= self._last and not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(MeasurementFailed(f"the server cut off a follower: {exc}"))


async def measure(lab: Lab) -> Values:
    run_on(1)
    _allow_files()
    return {**await _quiet(lab), **await _crowd(lab), **await _idle(lab)}


async def _quiet(lab: Lab) -> Values:
    """One stream alone, then one client that polls."""
    total = lab.size["quiet"]
    sizes = {"runs": 1, "followers": 1, "changes": total, "rate": round(1 / QUIET_S)}
    seen: list[float] = []
    async with _Served(lab, **sizes) as (port, key, ids):
        await _follow(port, [_get(port, key, f"/api/v1/live?topics=run:{ids[0]}")], seen, total - 1)
    polled: list[float] = []
    async with _Served(lab, **sizes) as (port, key, ids):
        await _poll(port, key, ids[0], polled, total - 1)
    return {
        "alone_p50": statistics.median(seen),
        "alone_p99": percentile(seen, 99),
        "poll_p50": statistics.median(polled),
        "poll_p99": percentile(polled, 99),
    }


async def _crowd(lab: Lab) -> Values:
    size = lab.size
    seen: list[float] = []
    async with _Served(lab) as (port, key, ids):
        requests = [
            _get(port, key, f"/api/v1/live?topics=run:{ids[number % len(ids)]}") for number in range(size["followers"])
        ]
        begun, used = time.perf_counter(), _cpu_s(lab.directory)
        await _follow(port, requests, seen, size["changes"] // len(ids) - 1)
        elapsed, used = time.perf_counter() - begun, _cpu_s(lab.directory) - used
    return {
        "crowd_p50": statistics.median(seen),
        "crowd_p99": percentile(seen, 99),
        "crowd_events_per_s": len(seen) / elapsed,
        "crowd_core": used / elapsed,
    }


async def _idle(lab: Lab) -> Values:
    polls = lab.size["polls"]
    async with _Served(lab, changes=0) as (port, key, ids):
        sockets = []
        for number in range(polls):
            path = f"/realtime/v1/runs/{ids[number % len(ids)]}?offset=0_0&live=true&handle=x"
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
            # The first request brings the row; the second, from there, is held.
            writer.write(_get(port, key, path.replace("0_0&live=true", "-1")))
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            offset = _header(head, b"electric-offset")
            writer.write(_get(port, key, path.replace("0_0", offset)))
            sockets.append(writer)
        memory = _memory_mb(lab.directory)
        for writer in sockets:
            writer.close()
    return {"idle_polls_mb": memory}


class _Served:
    """A server process for one part of the measurement."""

    def __init__(self, lab: Lab, **size: int) -> None:
        self._lab = lab
        self._size = size
        self._process: Process | None = None

    async def __aenter__(self) -> tuple[int, str, list[str]]:
        address = self._lab.directory / "address"
        address.unlink(missing_ok=True)
        process = self._process = self._lab.start("serve", **self._size)
        await until(lambda: address.exists() or not process.is_running(), every_s=0.01)
        if not address.exists():
            raise MeasurementFailed("the server ended too soon")
        said = json.loads(address.read_text())
        (self._lab.directory / "pid").write_text(str(process.pid))
        return said["port"], said["key"], said["ids"]

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()


async def _follow(port: int, requests: list[bytes], seen: list[float], last: int) -> None:
    loop = asyncio.get_running_loop()
    followers = []
    for request in requests:
        _, follower = await loop.create_connection(partial(_Follower, request, seen, last, _SEEN), "127.0.0.1", port)
        followers.append(follower)
    await asyncio.gather(*(follower.done for follower in followers))


async def _poll(port: int, key: str, run_id: str, seen: list[float], last: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    place, newest = "offset=-1", -1
    while newest < last:
        writer.write(_get(port, key, f"/realtime/v1/runs/{run_id}?{place}"))
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_length(head))
        now = time.time_ns()
        if found := _SEEN_IN_ROW.search(body):
            newest = int(found[2])
            seen.append((now - int(found[1])) / 1e6)
        place = f"offset={_header(head, b'electric-offset')}&live=true"
    writer.close()


def _get(port: int, key: str, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def _header(head: bytes, name: bytes) -> str:
    found = re.search(name + rb": ([^\r]*)", head)
    if found is None or b" 200 " not in head[:20]:
        raise MeasurementFailed(head.decode())
    return found[1].decode()


def _length(head: bytes) -> int:
    return int(_header(head, b"content-length"))


def _cpu_s(directory: Path) -> float:
    """What the server has used of the processors so far."""
    pid = (directory / "pid").read_text()
    with suppress(FileNotFoundError):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _memory_mb(directory: Path) -> float:
    pid = (directory / "pid").read_text()
    with suppress(FileNotFoundError):
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        if found is not None:
            return int(found[1]) / 1024
    return 0.0


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))


BENCHMARK = Benchmark(
    name="live",
    summary="a commit seen by followers: one alone, 1,000 on 100 runs with 1,000 changes/s; 10,000 long polls held",
    measure=measure,
    metrics=(
        Metric("alone_p50", "ms", reach=5, fsyncs=1, on_postgres=(8, 3)),
        Metric("alone_p99", "ms", reach=25, fsyncs=1),
        Metric("poll_p50", "ms", reach=20, fsyncs=1),
        Metric("poll_p99", "ms", reach=60, fsyncs=1),
        Metric("crowd_p50", "ms", reach=20, fsyncs=1),
        Metric("crowd_p99", "ms", reach=60, fsyncs=1),
        Metric("crowd_events_per_s", "events/s", higher_is_better=True),
        Metric("crowd_core", "cores", reach=0.9),
        Metric("idle_polls_mb", "MB", reach=300),
    ),
    size={"runs": 100, "followers": 1_000, "changes": 20_000, "rate": 1_000, "quiet": 100, "polls": 10_000},
    quick={"changes": 5_000, "quiet": 30, "polls": 2_000},
    tiny={"runs": 2, "followers": 4, "changes": 20, "rate": 200, "quiet": 2, "polls": 10},
)
