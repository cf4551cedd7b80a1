"""FastAPI: engine and worker live in the web process, beside its event loop, never on it.

    uvicorn fastapi_app:app --app-dir examples/web
    curl -X POST 'localhost:8000/reports?name=ada'
    curl -N localhost:8000/reports/RUN/events

One process owns a SQLite file. With several web processes, run `runcast dev examples/web/reports.py` beside them and leave
the lifespan out: their `trigger()` reaches it through the database's socket.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from reports import write_report

from runcast import Client, NotFound, RunSnapshot, embed

DATABASE = os.environ.get("REPORTS_DATABASE", ".runcast/reports.db")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with embed(DATABASE):
        yield


app = FastAPI(lifespan=lifespan)


def told(run: RunSnapshot[str]) -> dict[str, object]:
    return {"id": run.id, "status": run.status, "progress": run.metadata.get("progress"), "output": run.output}


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
async def events(run_id: str) -> StreamingResponse:
    async def changes() -> AsyncIterator[str]:
        async for run in Client().follow(run_id):
            yield f"event: {run.status}\ndata: {run.metadata.get('currentStep', '')}\n\n"

    return StreamingResponse(changes(), media_type="text/event-stream")
