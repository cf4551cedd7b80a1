"""Streaming: what a model says is in the reader's browser or terminal while it says it, and recorded once.

runcast dev examples/streaming.py
runcast trigger tell '{"topic": "a lighthouse"}' --follow
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from runcast import step, streams, task


async def model(prompt: str) -> AsyncIterator[str]:
    """A stand-in for a language model: some words with a pause between them."""
    for word in f"Once there was {prompt} that shone for ships.".split(" "):
        await asyncio.sleep(0.02)
        yield word + " "


@step
async def write(topic: str) -> str:
    # In a step, so that a retry does not pay for the same words again; a new try replaces the parts of the one before.
    return await streams.pipe("story", model(topic)).join()


@task
async def tell(topic: str) -> int:
    story = await write(topic)
    return len(story.split())
