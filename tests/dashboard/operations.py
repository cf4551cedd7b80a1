"""Tasks that ask, that are scheduled, and that crowd a queue: what the tests of approvals, queues and schedules look at."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from pydantic import BaseModel

from runcast.domain.run import RunStatus
from runcast.sdk import artifacts, metadata, wait
from runcast.sdk.queues import Queue
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from tests.dashboard.world import World

HOSTILE = "<img src=x onerror='window.hacked=true'>"
CROWD = "llm/eu"


class Decision(BaseModel):
    verdict: Literal["send", "drop"]
    remark: str = ""


class Plan(BaseModel):
    steps: list[str]


def operations() -> Registry:
    """`send_email` asks with a form, `spend` for a yes or no, `outline` for JSON; `sweep` is scheduled in code, `think`
    executes until it is canceled, three at once."""
    registry = Registry()

    @task(registry=registry)
    async def send_email(person: str) -> str:
        artifacts.add("email.html", f"<h2>Hi {person},</h2><p>a word about Thursday</p>", content_type="text/html")
        metadata.set("subject", "Thursday")
        token = await wait.create_token(
            Decision, question=f"Send the e-mail to {person}?", timeout="3h", tags="outreach"
        )
        decision = await wait.for_token(token).unwrap()
        return f"{decision.verdict}: {decision.remark}"

    @task(registry=registry)
    async def spend(rows: int) -> bool:
        token = await wait.create_token(bool, question=f"Spend on {rows} rows?")
        return await wait.for_token(token).unwrap()

    @task(registry=registry)
    async def outline(topic: str) -> list[str]:
        token = await wait.create_token(Plan, question=f"Which steps for {topic}?")
        return (await wait.for_token(token).unwrap()).steps

    @task(registry=registry, schedule="0 9 * * 1-5")
    async def sweep() -> str:
        return "swept"

    @task(registry=registry, queue=Queue(CROWD, concurrency=3, per_key=2))
    async def think(number: int) -> None:
        await asyncio.Event().wait()

    return registry


def ask(world: World, name: str, payload: Any) -> str:
    """The id of a run that has asked, and waits."""
    run_id = world.trigger(name, payload)
    world.until(run_id, RunStatus.WAITING)
    return run_id


def token_of(world: World, run_id: str) -> dict[str, Any]:
    """The question of a run, as the API shows it."""
    found = [one for one in world.get("/api/v1/waitpoints/tokens")["data"] if one.get("runId") == run_id]
    assert len(found) == 1
    token: dict[str, Any] = found[0]
    return token
