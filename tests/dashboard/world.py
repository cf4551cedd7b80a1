"""A server with runs in every state, on a thread beside the browser: what the tests of pages look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

from runcast.domain.run import Run, RunStatus
from runcast.http_settings import ApiSettings
from runcast.outgoing.settings import OutgoingSettings
from runcast.sdk.registry import Registry
from tests.api.site import Site, serving, working
from tests.dashboard.example_tasks import HOSTILE, example_tasks

HISTORY = 200
SALE = 20


class World:
    """A server that browsers look at, and what is on it.

    `runs`: the id of a run by what it shows: completed, partial, failed, retrying, running, streaming, approval, sleeping,
    executing (of the queue `printer`), queued, delayed, canceled, expired, hostile; `batch`: that of a batch.
    """

    def __init__(self, site: Site, portal: BlockingPortal) -> None:
        self.site = site
        self.url = site.url
        self.runs: dict[str, str] = {}
        self.batch = ""
        self._portal = portal

    def call(self, make: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """What a coroutine function of the server's loop returns: `world.call(world.site.trigger, "remind", …)`."""

        async def called() -> Any:
            return await make(*args, **options)

        return self._portal.call(called)

    def trigger(self, name: str, payload: Any = None, **options: Any) -> str:
        """The id of a new run."""
        run_id: str = self.call(self.site.trigger, name, payload, **options)
        return run_id

    def until(self, run_id: str, status: RunStatus) -> Run:
        """The run, as soon as it has the status."""
        run: Run = self.call(self.site.until, run_id, lambda run: run.status is status)
        return run

    @contextmanager
    def working(self, registry: Registry) -> Iterator[None]:
        """One more worker, of those tasks."""
        with self._portal.wrap_async_context_manager(working(self.site.server, registry)):
            yield

    def get(self, path: str, **options: Any) -> Any:
        """What the API answers to who has the key."""
        return self.call(self.site.get, path, **options)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call(self.site.post, path, body)


@contextmanager
def open_world(
    registry: Registry | None = None,
    *,
    database: str = ":memory:",
    local: bool = True,
    port: int = 0,
    outgoing: OutgoingSettings | None = None,
    works: bool = True,
) -> Iterator[World]:
    """A server with a worker of those tasks, by default `example_tasks()`, and nothing on it yet.

    `works`: else there is no worker, until `World.working`. `local`: who opens its pages on this machine needs no account, as in `runcast dev`.
    """
    tasks = example_tasks() if registry is None else registry
    http = ApiSettings(local=local, port=port)
    site = serving(database, tasks, environments=("dev",) if works else (), http=http, outgoing=outgoing)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(site) as served:
        yield World(served, portal)


def fill(world: World) -> World:
    """The world, with something in every state."""
    world.call(_fill, world)
    return world


async def _fill(world: World) -> None:
    site, runs = world.site, world.runs
    await _add_history(site)
    runs["completed"] = await site.trigger("enrich_company", {"domain": "engines.example"}, tags=["vip"])
    runs["partial"] = await site.trigger("price_list", {"products": ["nut", "bolt", "gear"]})
    runs["failed"] = await site.trigger("parse_invoice", {"number": "2026-117"})
    runs["hostile"] = await site.trigger("repeat", {"text": HOSTILE})
    for run_id in list(runs.values()):
        await site.ended(run_id)
    await _add_waiting(site, runs)
    await _add_executing(site, runs)
    world.batch = (await site.post("/api/v2/tasks/batch", {"items": _sale()}))["id"]
    await site.post("/api/v1/schedules", _NIGHTLY)


async def _add_history(site: Site) -> None:
    for start in range(0, HISTORY, 100):
        items = [{"task": "resize_image", "payload": {"width": start + number}} for number in range(100)]
        made = await site.post("/api/v2/tasks/batch", {"items": items})
        for run_id in (await site.get(f"/api/v2/batches/{made['id']}"))["runs"]:
            await site.ended(run_id)
    for number in range(3):
        await site.run("parse_invoice", {"number": f"2026-{number}"})


async def _add_waiting(site: Site, runs: dict[str, str]) -> None:
    runs["approval"] = await site.trigger("publish_post", {"title": "Our second workshop"})
    runs["sleeping"] = await site.trigger("remind", {"person": "Ada"})
    runs["retrying"] = await site.trigger("sync_crm", {"account": "ACME"})
    runs["delayed"] = await site.trigger("remind", {"person": "Grace"}, delay="2h")
    for name in ("approval", "sleeping"):
        await site.until(runs[name], lambda run: run.status is RunStatus.WAITING)
    await site.until(runs["retrying"], lambda run: run.attempt == 1 and run.status is RunStatus.DELAYED)


async def _add_executing(site: Site, runs: dict[str, str]) -> None:
    runs["running"] = await site.trigger("import_contacts", {"total": 500})
    runs["streaming"] = await site.trigger("draft_reply", {"subject": "Your offer"})
    runs["executing"] = await site.trigger("print_labels", {"pages": 12})
    runs["canceled"] = await site.trigger("import_contacts", {"total": 7})
    for name in ("running", "streaming", "executing", "canceled"):
        await site.until(runs[name], lambda run: run.status is RunStatus.EXECUTING)
    runs["queued"] = await site.trigger("print_labels", {"pages": 3})
    runs["expired"] = await site.trigger("print_labels", {"pages": 4}, ttl=1)
    await site.post(f"/api/v2/runs/{runs['canceled']}/cancel")
    for name in ("canceled", "expired"):
        await site.ended(runs[name])


def _sale() -> list[dict[str, Any]]:
    return [{"task": "price", "payload": {"product": f"product {number}"}} for number in range(SALE)]


_NIGHTLY = {
    "task": "resize_image",
    "cron": "0 2 * * *",
    "timezone": "Europe/Berlin",
    "deduplicationKey": "nightly",
    "payload": {"width": 640},
}
