# ruff: noqa: INP001 - imported by a script
"""The tasks that the picture of the dashboard shows: a lead on its way to a letter, at the pace of real services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from runcast import artifacts, logger, metadata, progress, step, streams, tags, task, usage, wait
from runcast.sdk.registry import Registry

PAGES = {"/": 0.6, "/about": 1.1, "/blog": 1.5, "/careers": 1.9}
LETTER = (
    "I saw that **Globex** just moved its queues to PostgreSQL. We help teams run durable work without "
    "a broker, and your note on at-least-once delivery is exactly the problem we solve. Could I show you a ten "
    "minute demo on Thursday?\n\nSam"
)
LAST_WORD = "exactly"
"""Where a letter that pauses ends."""
WORD_S = 0.09


@step
async def fetch_page(url: str) -> int:
    await asyncio.sleep(PAGES[url[url.rindex("/") :]])
    return 4_000


@step
async def hunter(domain: str) -> str | None:
    await asyncio.sleep(0.5)
    logger.warning("no match, asking the next provider", provider="hunter", domain=domain)
    return None


@step
async def prospeo(domain: str) -> str:
    await asyncio.sleep(0.7)
    usage.add("prospeo", 1, "look-ups", cost="0.006")
    return f"ada@{domain}"


@step
async def score_fit(size: int) -> int:
    await asyncio.sleep(0.6)
    return size // 195


@step
async def write_email(person: str, *, pauses: bool) -> str:
    usage.llm("gpt-5-mini", input_tokens=2_140, output_tokens=96, cost="0.0188")
    return await streams.pipe("email", _words(f"Hi {person},\n\n{LETTER}", pauses=pauses)).join()


@step
async def build_landing_page(person: str) -> str:
    await asyncio.sleep(0.9)
    return f"<h1>For {person}</h1>"


def picture_tasks() -> Registry:
    """`enrich_lead` with its children `company_research` and `find_email`, and `publish_post`, which asks a person."""
    registry = Registry()

    @task(registry=registry)
    async def company_research(domain: str) -> int:
        """Reads what a company says of itself."""
        return sum(await asyncio.gather(*(fetch_page(f"https://{domain}{path}") for path in PAGES)))

    @task(registry=registry)
    async def find_email(domain: str) -> str:
        """Asks one provider after the other."""
        return await hunter(domain) or await prospeo(domain)

    @task(registry=registry)
    async def enrich_lead(person: str, domain: str, *, pauses: bool = False) -> str:
        """From a name to a letter worth reading; `pauses`: that stays half written."""
        tags.add("q4")
        progress(5, "Reading the site")
        logger.info("enriching", person=person, domain=domain)
        size = await company_research.trigger_and_wait(domain).unwrap()
        artifacts.add("research.md", f"# {domain}\n\n{size} characters read.", content_type="text/markdown")
        progress(35, "Finding the address")
        metadata.set("email", await find_email.trigger_and_wait(domain).unwrap())
        fit = await score_fit(size)
        metadata.set("fit", fit)
        logger.info("worth a letter", fit=fit)
        progress(60, "Writing the e-mail")
        letter = await write_email(person.split(maxsplit=1)[0], pauses=pauses)
        progress(85, "Building the landing page")
        artifacts.add("landing.html", await build_landing_page(person), content_type="text/html")
        progress(100, "Done")
        return letter

    @task(registry=registry)
    async def publish_post(title: str) -> bool:
        """Waits for a person."""
        token = await wait.create_token(bool, question=f"Publish “{title}”?", timeout="3d")
        return await wait.for_token(token).unwrap()

    return registry


async def _words(text: str, *, pauses: bool) -> AsyncIterator[str]:
    for word in text.split(" "):
        await asyncio.sleep(WORD_S)
        yield f"{word} "
        if pauses and word == LAST_WORD:
            await asyncio.Event().wait()
