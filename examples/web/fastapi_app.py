"""FastAPI: engine, worker and the HTTP API live in the web process, beside its event loop, never on it.

    uvicorn fastapi_app:app --app-dir examples/web --timeout-graceful-shutdown 5
    curl -X POST 'localhost:8000/reports?name=ada'
    curl -N localhost:8000/reports/RUN/events

One process owns a SQLite file. With several web processes, run `runcast dev examples/web/reports.py` beside them and leave
the lifespan and the mount out: their `trigger()` reaches it through the database's socket.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import StreamingResponse
from relay import HEADERS, relay, told
from reports import write_report

from runcast import Client, NotFound, embed

engine = embed(os.environ.get("REPORTS_DATABASE", ".runcast/reports.db"))


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine:
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/runcast", engine.asgi(public_url="http://localhost:8000/runcast"))


@app.post("/reports", status_code=202)
async def create(name: str) -> dict[str, str]:
    run = await write_report.trigger(name)  # on disk before the answer
    return {"id": run.id}


@app.get("/reports/{run_id}")
async def show(run_id: str) -> dict[str, object]:
    try:
        return told(await Client().retrieve(run_id))
    except NotFound as error:
        raise HTTPException(404, str(error)) from error


@app.get("/reports/{run_id}/events")
async def events(run_id: str, last_event_id: Annotated[str | None, Header()] = None) -> StreamingResponse:
    await show(run_id)  # a stream has no status of its own
    return StreamingResponse(relay(run_id, last_event_id), media_type="text/event-stream", headers=HEADERS)
