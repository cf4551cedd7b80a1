"""Tasks whose runs are in every state that a page can show, with names and texts such as an agency would have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Literal

from runcast import (
    AbortRun,
    Queue,
    Retry,
    artifacts,
    current_run,
    logger,
    metadata,
    progress,
    step,
    streams,
    tags,
    task,
    usage,
    wait,
)
from runcast.sdk.registry import Registry

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\'"&amp;'
"""Text that does something where a page takes it for HTML."""
LETTER = "Dear Ada,\n\nI saw that **Analytical Engines** opened a second workshop. Could we talk on Tuesday?\n\nGrace"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>For Ada</title>
<style>body{font:16px sans-serif;margin:2rem}h1{color:#4f46e5}</style></head>
<body><h1>A second workshop, half the paperwork</h1><p>What we would do for you.</p>
<script>document.body.dataset.ran = "yes"; parent.hacked = 1</script></body></html>"""
MAIL = f"From: grace@example.com\r\nTo: ada@example.com\r\nSubject: Your second workshop\r\n\r\n{LETTER}"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763b05f7a0500020f0146"
    "0f2d3a1f0000000049454e44ae426082"
)
"""A picture of one dot."""


@dataclass
class Company:
    """What is known of a company."""

    domain: str
    name: str = ""
    employees: int | None = None
    tone: Literal["formal", "friendly"] = "friendly"


def example_tasks() -> Registry:
    """A fresh set."""
    registry = Registry()
    _add_finished(registry)
    _add_troubled(registry)
    _add_lasting(registry)
    return registry


def _add_finished(registry: Registry) -> None:
    @step
    async def fetch_site(domain: str) -> dict[str, str | int]:
        logger.info("fetched", domain=domain, bytes=48_213)
        return {"title": f"{domain}: engines", "words": 812}

    @step
    async def find_people(domain: str) -> list[str]:
        logger.warning("the second page was empty", domain=domain)
        return ["Ada Lovelace", "Charles Babbage"]

    @step
    async def write_letter(person: str) -> str:
        usage.llm("gpt-5-mini", input_tokens=1_200, output_tokens=85, cost="0.00047")
        return await streams.pipe("letter", _words(LETTER)).join()

    @task(registry=registry)
    async def enrich_company(company: Company) -> str:
        """Finds out what a company does, and whom to write to."""
        tags.add(f"domain:{company.domain}")
        progress(10, "reading the site")
        site = await fetch_site(company.domain)
        people = await find_people(company.domain)
        progress(60, "writing")
        letter = await write_letter(people[0])
        artifacts.add("research.md", f"# {company.domain}\n\n* {site['title']}\n* [the site](https://example.com)\n", content_type="text/markdown")  # fmt: skip
        artifacts.add("mail.eml", MAIL, content_type="message/rfc822")
        artifacts.add("landing.html", PAGE, content_type="text/html")
        artifacts.add("people.csv", "name,role\nAda Lovelace,VP Engines\nCharles Babbage,Founder\n", content_type="text/csv")  # fmt: skip
        artifacts.add("facts.json", {"site": site, "people": people})
        artifacts.add("logo.png", PIXEL, content_type="image/png")
        metadata.set("owner", "grace")
        progress(100, "done")
        return letter

    @task(registry=registry)
    async def resize_image(width: int) -> int:
        """Makes a picture smaller."""
        return width // 2

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def price(product: str) -> int:
        if product == "gear":
            raise AbortRun("no supplier has a price for gear")
        return len(product)

    @task(registry=registry)
    async def price_list(products: list[str]) -> int:
        """Asks for each product; the rest counts."""
        results = await price.batch_trigger_and_wait(products)
        current_run().count(ok=sum(result.ok for result in results), failed=sum(not result.ok for result in results))
        return len(results)

    @task(registry=registry)
    async def repeat(text: str) -> str:
        """Shows a text in every place that a run has for one."""
        tags.add("hostile")
        logger.info(text, text=text)
        metadata.set("text", text)
        streams.append("text", text)
        artifacts.add(text[:40], text, content_type="text/html")
        artifacts.add("text.md", f"{text}\n\n[link](javascript:window.hacked=1)", content_type="text/markdown")
        progress(50, text)
        return text


def _add_troubled(registry: Registry) -> None:
    @task(registry=registry, retry=Retry(max_attempts=1))
    async def parse_invoice(number: str) -> None:
        """Reads an invoice."""
        logger.info("reading", number=number)
        try:
            _read_amount({"total": "12,50 EUR"})
        except ValueError as error:
            raise RuntimeError(f"invoice {number} has no amount") from error

    @task(registry=registry, retry=Retry(max_attempts=5, min_s=3_600, max_s=7_200))
    async def sync_crm(account: str) -> None:
        """Fails, and is tried again in an hour."""
        raise ConnectionError(f"crm.example did not answer for {account}")


def _read_amount(record: dict[str, str]) -> float:
    return float(record["total"])


def _add_lasting(registry: Registry) -> None:
    @task(registry=registry)
    async def import_contacts(total: int = 500) -> None:
        """Executes until it is canceled, at 42 %."""
        logger.info("importing", total=total)
        metadata.set("imported", total * 42 // 100)
        progress(42, "row 210 of 500", eta_s=90)
        await asyncio.Event().wait()

    @task(registry=registry)
    async def draft_reply(subject: str) -> None:
        """Has streamed some words, and is not done."""

        async def words() -> AsyncIterator[str]:
            for word in _words(LETTER):
                yield word
            await asyncio.Event().wait()

        progress(60, "writing")
        await streams.pipe("reply", words()).join()

    @task(registry=registry)
    async def publish_post(title: str) -> str:
        """Waits for a person."""
        artifacts.add("post.html", PAGE, content_type="text/html")
        progress(80, "waiting for approval")
        approval = await wait.create_token(bool, timeout="7d", tags="approval")
        approved = await wait.for_token(approval).unwrap()
        return f"{title}: {'published' if approved else 'dropped'}"

    @task(registry=registry)
    async def remind(person: str) -> str:
        """Sleeps until tomorrow."""
        await wait.for_("1d")
        return f"reminded {person}"

    @task(registry=registry, queue=Queue("printer", concurrency=1))
    async def print_labels(pages: int) -> None:
        """One at a time: the others queue."""
        await asyncio.Event().wait()


def _words(text: str) -> Iterator[str]:
    return (f"{word} " for word in text.split(" "))
