"""One thing after another: what is recorded is not repeated, so a retry goes on at the link that failed.

runcast dev examples/chain.py
runcast trigger publish_article '{"html": "<h1>Ada</h1><p>Ada wrote the first program.</p>"}' --follow
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from runcast import Retry, progress, step, task


@dataclass
class Article:
    title: str
    words: int
    summary: str


@step
def extract_text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@step(retry=Retry(max_attempts=5))  # this link alone is tried five times
async def summarize(text: str) -> str:
    return text.partition(".")[0] + "."


@task
async def publish_article(html: str) -> Article:
    progress(10, "reading")
    text = await extract_text(html)
    progress(50, "summarizing")
    summary = await summarize(text)
    progress(100, "done")
    return Article(title=text.split()[0], words=len(text.split()), summary=summary)
