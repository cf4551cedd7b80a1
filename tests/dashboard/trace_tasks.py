"""Tasks whose traces have everything that a waterfall draws. What is to go on does so when its gate is opened."""

from __future__ import annotations

import asyncio
import threading

from runcast import AbortRun, Retry, logger, step, task, wait
from runcast.sdk.registry import Registry

PATIENCE_S = 30
PAGES = 40
GONE = (7, 23)


class Gates:
    """Where runs stop until a test lets them go on."""

    def __init__(self) -> None:
        self._gates: dict[str, threading.Event] = {}

    def _gate(self, name: str) -> threading.Event:
        return self._gates.setdefault(name, threading.Event())

    def open(self, name: str) -> None:
        self._gate(name).set()

    async def passed(self, name: str) -> None:
        """Wait at a gate until it is open."""
        assert await asyncio.to_thread(self._gate(name).wait, PATIENCE_S), f"nobody opened {name}"


def trace_tasks(gates: Gates) -> Registry:
    """A fresh set: `enrich`, `shop`, `nap`, `chatter`, `fragile`, `long`."""
    registry = Registry()
    _add_enrich(registry, gates)
    _add_shop(registry)
    _add_others(registry)
    _add_chatter(registry, gates)
    return registry


def _add_enrich(registry: Registry, gates: Gates) -> None:
    @step
    async def read_site(name: str) -> str:
        logger.info("reading the site", name=name)
        await gates.passed(f"{name} site")
        return "engines"

    @step
    async def write_letter(name: str) -> str:
        await gates.passed(f"{name} letter")
        return "Dear Ada"

    @task(registry=registry)
    async def enrich(name: str) -> str:
        await read_site(name)
        letter = await write_letter(name)
        approval = await wait.create_token(bool, timeout="7d")
        await wait.for_token(approval).unwrap()
        return letter


def _add_shop(registry: Registry) -> None:
    @task(registry=registry, retry=Retry(max_attempts=1))
    async def fetch_page(number: int) -> int:
        if number in GONE:
            raise AbortRun(f"page {number} is gone")
        return number

    @step
    async def ask_hunter(person: str) -> str:
        raise LookupError(f"no match for {person}")

    @step
    async def ask_prospeo(person: str) -> str:
        logger.debug("the second provider knows", person=person)
        return f"{person}@example.com"

    @task(registry=registry)
    async def find_mail(person: str) -> str:
        try:
            return await ask_hunter(person)
        except LookupError:
            return await ask_prospeo(person)

    @task(registry=registry)
    async def shop(person: str = "ada") -> str:
        """Children of one name, and a provider that falls through to the next."""
        await fetch_page.batch_trigger_and_wait([*range(PAGES)])
        return await find_mail.trigger_and_wait(person).unwrap()


def _add_others(registry: Registry) -> None:
    @step
    async def prepare() -> None: ...

    @task(registry=registry)
    async def nap() -> None:
        await prepare()
        await wait.for_(1.5)
        await prepare()

    @task(registry=registry)
    async def long(total: int) -> int:
        @step
        async def count(number: int) -> int:
            return number

        for start in range(0, total, 100):
            await asyncio.gather(*(count(number) for number in range(start, min(total, start + 100))))
        return total


def _add_chatter(registry: Registry, gates: Gates) -> None:
    @step
    async def speak(number: int) -> None:
        logger.warning(f"in the step {number}")

    @task(registry=registry)
    async def chatter(name: str, lines: int = 200) -> None:
        for number in range(lines):
            logger.info(f"line {number} of the first part")
        await speak(1)
        await gates.passed(name)
        for number in range(14):
            logger.info(f"line {number} of the second part")
        await gates.passed(f"{name} end")

    failures = iter([ConnectionError("the line is busy")])

    @step(retry=Retry(max_attempts=2, min_s=0.01, max_s=0.02))
    async def dial() -> str:
        error = next(failures, None)
        if error is not None:
            raise error
        return "hello"

    endings = iter([TimeoutError("no answer in time")])

    @task(registry=registry, retry=Retry(max_attempts=2, min_s=0.01, max_s=0.02))
    async def fragile() -> str:
        """A step that is tried twice, in a run that is attempted twice."""
        word = await dial()
        error = next(endings, None)
        if error is not None:
            raise error
        return word

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def broken() -> None:
        logger.error("cannot go on", reason="the CRM said no")
        raise RuntimeError("the CRM answered 403")
