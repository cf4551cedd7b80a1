"""A real server on loopback with a worker, tasks to run, and clients that ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
from msgspec.structs import replace

from runcast.api.tokens import Tokens
from runcast.clock import Clock
from runcast.domain.ids import RunId
from runcast.domain.instance_secret import InstanceSecret
from runcast.domain.retry import Retry
from runcast.domain.run import Run
from runcast.engine.engine import Engine, EngineSettings
from runcast.http_settings import ApiSettings
from runcast.outgoing.settings import OutgoingSettings
from runcast.sdk import logger, metadata, tags, wait
from runcast.sdk.ambient import use_door
from runcast.sdk.doors import GatewayDoor
from runcast.sdk.extension import Extension
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.info import current_run
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from runcast.server import Server, ServerConfig
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings

PATIENCE_S = 20.0
"""A test that waits longer than this has failed."""
SECRET = "a secret of the tests, known to them, so that they can sign"


def sample_tasks() -> Registry:
    """Tasks that most tests need: `hello`, `echo`, `add`, `fail`, `hold` (executes until it is canceled), `rest`
    (waits for an hour), `count` (metadata that rises), `tally` (counts in its metadata, then waits), `family` (fails once, then has a child),
    `label` (tags itself)."""
    registry = Registry()

    @task(registry=registry)
    async def hello(name: str = "world") -> str:
        return f"hello {name}"

    @task(registry=registry)
    async def echo(value: Any = None) -> Any:
        return value

    @task(registry=registry)
    async def add(a: float, b: float) -> float:
        return a + b

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def fail(message: str = "no such luck") -> None:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError(message) from error

    _add_long_tasks(registry)
    return registry


def _add_long_tasks(registry: Registry) -> None:
    @task(registry=registry)
    async def hold() -> None:
        await asyncio.Event().wait()

    @task(registry=registry)
    async def rest() -> str:
        await wait.for_("1h")
        return "rested"

    @task(registry=registry)
    async def count(to: int = 3) -> int:
        for number in range(1, to + 1):
            metadata.set("progress", number)
            await wait.for_(0.001)
        return to

    @task(registry=registry)
    async def tally(to: int) -> None:
        for _ in range(to):
            metadata.increment("n")
        await wait.for_("1h")

    # Longer than the clocks of a worker and of a database may differ.
    @task(registry=registry, retry=Retry(max_attempts=2, min_s=0.1, max_s=0.12))
    async def family(failures: int = 1) -> str:
        logger.info("at home", people=2)
        if current_run().attempt <= failures:
            raise ValueError("not yet")
        return await registry.get("hello").trigger_and_wait("child").unwrap()

    @task(registry=registry)
    async def label(tag: str) -> None:
        tags.add(tag)


class Site:
    """One server and its clients. Requests of `http` carry the key of the environment `dev`."""

    def __init__(self, server: Server, http: httpx2.AsyncClient) -> None:
        self.server = server
        self.http = http
        self.tokens = Tokens(InstanceSecret(SECRET))

    @property
    def engine(self) -> Engine:
        return self.server.engine

    @property
    def url(self) -> str:
        assert self.server.http is not None
        return self.server.http.url

    @property
    def key(self) -> str:
        """The secret key of the environment `dev`."""
        assert self.server.http is not None
        assert self.server.http.local_key is not None
        return self.server.http.local_key

    def token(self, *scopes: str, environment: str = "dev", **options: Any) -> str:
        """A public token; options as `Tokens.mint` takes them; `once=True` for a one-time token."""
        now_s = self.engine.clock.now_ms() // 1000
        if options.pop("once", False):
            options["once"] = fresh_id("jti")
        return self.tokens.mint(environment, scopes, **{"now_s": now_s, **options})

    def bearer(self, *scopes: str, environment: str = "dev", **options: Any) -> dict[str, str]:
        """Headers with a public token."""
        return {"Authorization": f"Bearer {self.token(*scopes, environment=environment, **options)}"}

    async def trigger(self, name: str, payload: Any = None, **options: Any) -> str:
        """The id of a new run, triggered through HTTP."""
        answer = await self.http.post(f"/api/v1/tasks/{name}/trigger", json={"payload": payload, "options": options})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def run(self, name: str, payload: Any = None, **options: Any) -> dict[str, Any]:
        """A finished run, as `GET /api/v3/runs/{id}` shows it."""
        run_id = await self.trigger(name, payload, **options)
        await self.ended(run_id)
        return await self.get(f"/api/v3/runs/{run_id}")

    async def ended(self, run_id: str) -> Run:
        """The run, once it is final."""
        return await asyncio.wait_for(self.engine.result(RunId(run_id)), PATIENCE_S)

    async def until(self, run_id: str, test: Callable[[Run], bool]) -> Run:
        """The run as soon as `test` holds of it, seen through the feed."""
        from runcast.gateway import Watch

        async with asyncio.timeout(PATIENCE_S):
            async for update in self.engine.watch(Watch(run_ids=(RunId(run_id),))):
                for run in update.runs:
                    if test(run):
                        return run
        raise AssertionError("the feed ended")

    async def get(self, path: str, **options: Any) -> Any:
        """What a request that must succeed answers."""
        return _body(await self.http.get(path, **options))

    async def post(self, path: str, json: Any = None, **options: Any) -> Any:
        return _body(await self.http.post(path, json=json, **options))

    async def put(self, path: str, json: Any = None, **options: Any) -> Any:
        return _body(await self.http.put(path, json=json, **options))


def _body(answer: httpx2.Response) -> Any:
    assert answer.is_success, (answer.status_code, answer.text)
    return answer.json()


@asynccontextmanager
async def serving(
    database: str = ":memory:",
    registry: Registry | None = None,
    *,
    environments: Sequence[str] = ("dev",),
    worker: WorkerSettings | None = None,
    engine: EngineSettings | None = None,
    clock: Clock | None = None,
    http: ApiSettings | None = None,
    outgoing: OutgoingSettings | None = None,
    extensions: Sequence[Extension] = (),
    ambient: bool = False,
) -> AsyncIterator[Site]:
    """A server and, for each of the environments, a worker (none: nothing executes). `ambient`: code of this process that
    names no server asks this one, as in `runcast dev`."""
    config = ServerConfig(
        database=database,
        socket=False,
        engine=engine or EngineSettings(),
        http=http or ApiSettings(local=True),
        secret=SECRET,
        outgoing=outgoing or OutgoingSettings(),
        installed_extensions=False,
        extensions=tuple(extensions),
    )
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Server(config, clock))
        if ambient:
            stack.callback(use_door, use_door(GatewayDoor(server.engine, on_portal=True)))
        for environment in environments:
            settings = replace(worker or WorkerSettings(grace_ms=0), environment=environment)
            tasks = sample_tasks() if registry is None else registry
            await stack.enter_async_context(working(server, tasks, settings))
        assert server.http is not None
        headers = {"Authorization": f"Bearer {server.http.local_key}"}
        client = httpx2.AsyncClient(base_url=server.http.url, headers=headers, timeout=PATIENCE_S)
        yield Site(server, await stack.enter_async_context(client))


@asynccontextmanager
async def working(server: Server, registry: Registry, settings: WorkerSettings | None = None) -> AsyncIterator[None]:
    """A worker of the server, connected until the end of the block."""
    worker = EmbeddedWorker(server.engine, registry, settings or WorkerSettings(grace_ms=0))
    worker.start()
    try:
        await worker.opened()
        yield
    finally:
        worker.stop(grace_ms=0)
        await worker.joined()
