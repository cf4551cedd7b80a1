"""Parallel work inside one task: plain `asyncio`, with each branch recorded by itself.

runcast dev examples/parallel.py
runcast trigger check_links '{"urls": ["https://python.org", "https://sqlite.org", "ftp://old"]}' --follow
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from runcast import Retry, metadata, step, task


@step(retry=Retry(max_attempts=2))
async def check(url: str) -> bool:
    metadata.increment("checked")
    return urlsplit(url).scheme in ("http", "https")


@task
async def check_links(urls: list[str]) -> list[str]:
    at_once = asyncio.Semaphore(10)

    async def bounded(url: str) -> bool:
        async with at_once:
            return await check(url)

    good = await asyncio.gather(*[bounded(url) for url in urls])
    return [url for url, is_good in zip(urls, good, strict=True) if not is_good]
