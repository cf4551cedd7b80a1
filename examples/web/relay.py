"""A run on its way to a page, as server-sent events: the same for every framework.

The page needs nothing but what every browser has. One that comes back says where it was, and misses nothing:

    const events = new EventSource(`/reports/${id}/events`);
    events.onmessage = ({ data }) => {
      const run = JSON.parse(data);
      bar.value = run.progress ?? 0;
      if (run.ended) events.close();  // else the browser would ask again
    };
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator

from runcast import Client, Following, RunSnapshot, RunUpdate

EVERY = "15s"
"""Of a run that is silent: proxies keep what says something, and servers that block notice a closed page when they write."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def told(run: RunSnapshot[str]) -> dict[str, object]:
    progress = run.metadata.get("progress")
    return {"id": run.id, "status": run.status, "progress": progress, "output": run.output, "ended": run.is_final}


async def relay(run_id: str, last_event_id: str | None) -> AsyncIterator[str]:
    """For servers that speak ASGI."""
    async for update in changes(run_id, last_event_id):
        yield event(update)


def relay_blocking(run_id: str, last_event_id: str | None) -> Iterator[str]:
    """For servers that speak WSGI: it takes a thread for as long as the page is open."""
    for update in changes(run_id, last_event_id):
        yield event(update)


def changes(run_id: str, last_event_id: str | None) -> Following[RunUpdate | None]:
    cursor = int(last_event_id) if last_event_id and re.fullmatch(r"[0-9]{1,18}", last_event_id) else None
    return Client().runs.subscribe(run_id, cursor=cursor).with_heartbeats(EVERY)


def event(update: RunUpdate | None) -> str:
    if update is None:
        return ": still here\n\n"
    return f"id: {update.cursor}\ndata: {json.dumps(told(update.run))}\n\n"
