"""`trace_page`: a run's page in a browser while its run records 1,000 steps a second, scrolled all the while: how many frames
are drawn, and how soon a step that was committed is on the screen. Then the same of a run that has 25,000 steps already."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import time
from functools import partial
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab, MeasurementFailed
from benchmarks.latency import percentile
from benchmarks.ledger import until
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun
from runcast.engine.engine import Engine
from runcast.http_settings import ApiSettings
from runcast.sdk.fresh_ids import fresh_id
from runcast.server import Server, ServerConfig
from runcast.store import changes
from runcast.store.rows import MetadataRow
from runcast.store.script import Script, call
from web.build import build

LIFETIME_S = 300
TICK_S = 0.005
PATIENCE_S = 60
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MEASURE = """() => new Promise((begun) => {
  const seen = (window.measured = { frames: 0, late: [], gaps: [], begun: performance.now(), newest: 0 });
  let last = performance.now(), shown = 0, isFirst = true;
  const frame = () => {
    const now = performance.now();
    seen.frames += 1;
    seen.gaps.push(now - last);
    last = now;
    // What was found in the frame before is on the screen now.
    if (shown) seen.late.push(Date.now() - shown);
    shown = 0;
    const tree = document.querySelector("[role=tree]");
    tree.scrollTop = tree.scrollHeight;
    for (const found of tree.textContent.matchAll(/u(\\d{13})/g)) if (+found[1] > seen.newest) seen.newest = shown = +found[1];
    // What was there before does not count.
    if (isFirst) shown = 0;
    isFirst = false;
    begun();
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""
_SEEN = """async () => {
  const elapsed = performance.now() - measured.begun, frames = measured.frames;
  // What is in the page is on the screen, and noted, some frames later.
  for (let at = 0; at < 4; at++) await new Promise(requestAnimationFrame);
  return { ...measured, elapsed, frames };
}"""


_SIZES = {"first": ("before", "steps"), "long": ("long_before", "long_steps")}
"""Names of the two runs, and of their sizes: what is recorded before the page is opened, and while it is watched."""


async def serve(lab: Lab) -> Values:
    """The server, with runs that record steps from when somebody follows them; until it is killed."""
    size = lab.size
    async with Server(ServerConfig(database=lab.database, socket=False, http=ApiSettings(local=True))) as server:
        assert server.http is not None
        ids = {name: fresh_id("run") for name in _SIZES}
        for name, run_id in ids.items():
            before = size[_SIZES[name][0]]
            await server.engine.trigger([NewRun(RunId(run_id), "sleep", delay_ms=3_600_000)])
            await _record(server.engine, run_id, 0, before, before * 10)
        _say(lab.directory, {name: f"{server.http.url}/runs/{run_id}" for name, run_id in ids.items()})
        for name, run_id in ids.items():
            before, steps = (size[one] for one in _SIZES[name])
            await until((lab.directory / f"begin-{name}").exists)
            await _record(server.engine, run_id, before, before + steps, size["rate"])
            (lab.directory / f"done-{name}").touch()
        await asyncio.sleep(LIFETIME_S)
    return {}


def _say(directory: Path, pages: dict[str, str]) -> None:
    written = directory / "address.new"
    written.write_text(json.dumps(pages))
    written.rename(directory / "address")


async def _record(engine: Engine, run_id: str, first: int, last: int, rate: int) -> None:
    """Steps `first` to `last`, so many a second; each is named for the time of its commit."""
    begun, done = time.perf_counter(), first
    while done < last:
        due = min(last, first + int((time.perf_counter() - begun) * rate) + 1)
        if due > done:
            await engine.store.write(partial(_put, run_id, range(done, due)))
            done = due
        await asyncio.sleep(TICK_S)


def _put(run_id: str, numbers: range) -> Script[None]:
    now = time.time_ns() // 1_000_000
    rows = [
        (
            run_id,
            f"s{number}",
            "step",
            f"u{now} {number}",
            "done",
            "",
            "",
            "1",
            None,
            None,
            None,
            0,
            1,
            now - 5,
            now,
            None,
            0,
        )
        for number in numbers
    ]
    yield call("put_entries", rows=rows)
    yield call("touch_runs", rows=[[run_id, len(rows)]])
    runs: list[MetadataRow] = yield call("metadata_rows", ids=[[run_id]])
    facts = [(run.id, run.root_id, run.version, "journal", run.status, now) for run in runs]
    yield from changes.append(facts, keys={run_id: changes.keys_text(f"s{number}" for number in numbers)})


async def measure(lab: Lab) -> Values:
    """Open the page with what was recorded before, then watch it while the rest comes: of one run, then of a long one."""
    build()
    process = lab.start("serve")
    address = lab.directory / "address"
    try:
        await until(lambda: address.exists() or not process.is_running(), every_s=0.01)
        if not address.exists():
            raise MeasurementFailed("the server ended too soon")
        pages = json.loads(address.read_text())
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=_program(), chromium_sandbox=False)
            values = await _watch(lab, browser, pages["first"], "first")
            of_long = await _watch(lab, browser, pages["long"], "long")
            await browser.close()
        return values | {f"long_{name}": of_long[name] for name in ("usable_s", "fps", "pixel_p95", "heap_mb")}
    finally:
        process.kill()


def _program() -> str:
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        raise MeasurementFailed("there is no Chromium on this machine")
    return program


async def _watch(lab: Lab, browser: Browser, url: str, name: str) -> Values:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    begun = time.perf_counter()
    await page.goto(url)
    await page.get_by_role("treeitem").nth(2).wait_for(timeout=PATIENCE_S * 1_000)
    usable_s = time.perf_counter() - begun
    await page.get_by_role("status").filter(has_text="Live").first.wait_for(timeout=PATIENCE_S * 1_000)
    before, steps = (lab.size[one] for one in _SIZES[name])
    await _all_there(page, before)
    devtools = await context.new_cdp_session(page)
    await devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    busy_before = await _metric(devtools, "TaskDuration")
    await page.evaluate(_MEASURE)
    (lab.directory / f"begin-{name}").touch()
    await until((lab.directory / f"done-{name}").exists)
    await _all_there(page, before + steps)
    seen = await page.evaluate(_SEEN)
    busy = await _metric(devtools, "TaskDuration") - busy_before
    await devtools.send("HeapProfiler.collectGarbage")
    heap_mb = await _metric(devtools, "JSHeapUsedSize") / 1e6
    await context.close()
    return _values(seen, usable_s, busy) | {"heap_mb": heap_mb}


def _values(seen: dict[str, Any], usable_s: float, busy_s: float) -> Values:
    if not seen["late"]:
        raise MeasurementFailed("no step came to the screen while it was watched")
    return {
        "usable_s": usable_s,
        "fps": seen["frames"] / seen["elapsed"] * 1_000,
        "frame_p99": percentile(seen["gaps"], 99),
        "pixel_p50": statistics.median(seen["late"]),
        "pixel_p95": percentile(seen["late"], 95),
        "busy": busy_s / seen["elapsed"] * 1_000,
    }


async def _metric(devtools: CDPSession, name: str) -> float:
    """One of the browser's own; `TaskDuration`: seconds that the page's main thread used of a processor."""
    metrics = (await devtools.send("Performance.getMetrics"))["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == name))


async def _all_there(page: Page, steps: int) -> None:
    """Raises unless every step comes: keeping up by leaving out is no keeping up."""
    shown = ""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while shown != str(steps):
                await asyncio.sleep(TICK_S * 10)
                await page.evaluate("() => document.querySelector('[role=tree]').scrollTo(0, 1e9)")
                shown = await page.get_by_role("treeitem").last.get_attribute("aria-setsize") or ""
    except TimeoutError:
        raise MeasurementFailed(f"{shown} of {steps} steps came to the page") from None


BENCHMARK = Benchmark(
    name="trace_page",
    summary="the page of a run in Chromium, scrolled while its run records 1,000 steps/s: 10,000 in all, and 28,000",
    measure=measure,
    metrics=(
        Metric("usable_s", "s", reach=1.0),
        Metric("fps", "frames/s", higher_is_better=True, reach=55),
        Metric("frame_p99", "ms"),
        Metric("pixel_p50", "ms", aim=35),
        Metric("pixel_p95", "ms", reach=100),
        Metric("busy", "cores"),
        Metric("heap_mb", "MB"),
        Metric("long_usable_s", "s"),
        Metric("long_fps", "frames/s", higher_is_better=True),
        Metric("long_pixel_p95", "ms"),
        Metric("long_heap_mb", "MB"),
    ),
    size={"before": 2_000, "steps": 8_000, "long_before": 25_000, "long_steps": 3_000, "rate": 1_000},
    quick={"steps": 3_000},
    tiny={"before": 20, "steps": 60, "long_before": 30, "long_steps": 60, "rate": 200},
    repeats=3,
)
