"""A server that raises alerts and is killed with one of them on its way: `deliveries_app DATABASE WEBHOOK`.

Prints `ready` when it serves; `fail N` on its input triggers and awaits N runs that fail with an error of their own each.
"""

from __future__ import annotations

import asyncio
import json
import sys

from runcast import Alert, Retry, channels, task
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun
from runcast.outgoing.settings import OutgoingSettings
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.registry import Registry
from runcast.server import Server, ServerConfig
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings

SECRET = "a secret of the webhook"
ERRORS = (KeyError, ValueError, TypeError, LookupError, OSError, AttributeError, ArithmeticError, NameError)


def build(webhook: str) -> Registry:
    """A task that fails, and an alert that tells so."""
    registry = Registry()

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def fail(number: int) -> None:
        raise ERRORS[number]("no")

    Alert("failures", on="failed", to=channels.webhook(webhook, secret=SECRET), registry=registry)
    return registry


async def serve(database: str, webhook: str) -> None:
    registry = build(webhook)
    config = ServerConfig(database=database, socket=False, outgoing=OutgoingSettings(private=("127.0.0.1",)))
    async with Server(config) as server:
        worker = EmbeddedWorker(server.engine, registry, WorkerSettings(grace_ms=0))
        worker.start()
        await worker.opened()
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            for number in range(int(line.split()[1])):
                payload = json.dumps({"number": number})
                (run,) = await server.engine.trigger([NewRun(RunId(fresh_id("run")), "fail", payload)])
                await server.engine.result(run.id)
            print("failed", flush=True)
        worker.stop(grace_ms=0)
        await worker.joined()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
