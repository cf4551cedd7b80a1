"""The tasks that the official clients trigger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from runcast import AbortRun, Inbox, Queue, ScheduledRun, metadata, progress, step, streams, task, wait

WORDS = ("Once", "upon", "a", "time")
calls: Inbox[dict[str, Any]] = Inbox("calls", type=dict)


@task
async def hello(name: str = "world") -> str:
    return f"Hello, {name}!"


@task
async def add(a: float, b: float) -> float:
    return a + b


@task
async def echo(**fields: Any) -> dict[str, Any]:
    return fields


@task
async def nothing() -> None:
    pass


@task
async def fail(message: str = "it broke") -> None:
    try:
        raise KeyError("cause")
    except KeyError as cause:
        raise AbortRun(message) from cause


@task
async def crash() -> None:
    raise ValueError("not this time")


@task(max_duration="1s")
async def endless() -> None:
    await asyncio.Event().wait()


@task
async def slow(steps: int = 4, pause: float = 0.15) -> str:
    for number in range(1, steps + 1):
        progress(100 * number // steps, f"step {number}")
        metadata.append("done", number)
        await asyncio.sleep(pause)
    return "done"


async def _say(words: tuple[str, ...], pause: float) -> AsyncIterator[str]:
    for word in words:
        yield word
        await asyncio.sleep(pause)


@task
async def words(pause: float = 0.1) -> str:
    """Also a stream whose parts are objects, as models send them."""
    metadata.set("progress", 0)
    async for word in _say(WORDS, pause):
        streams.append("words", word)
        streams.append("model", {"text": f"{word} "})
        metadata.increment("progress", 25)
    return " ".join(WORDS)


@task
async def dictation() -> list[str]:
    """Writes down what it is told, until it is told to stop."""
    heard: list[str] = []
    while (word := (await calls.receive(timeout="30s"))["word"]) != "stop":
        heard.append(word)
        streams.append("words", word)
        streams.append("model", {"text": f"{word} "})
        metadata.set("heard", len(heard))
    return heard


@task
async def approval(token: str = "") -> Any:
    """Waits for a token that the caller made, or for its own, which it shows in its metadata."""
    if token:
        return await wait.for_token(token).unwrap()
    made = await wait.create_token(object, timeout="1h")
    metadata.set("token", made.id)
    return await wait.for_token(made).unwrap()


@task
async def listener() -> dict[str, Any]:
    metadata.set("listening", True)
    return await calls.receive(timeout="20s")


@task
async def family(children: int = 2) -> list[str]:
    """A parent whose children tell it of their progress."""
    results = await child.batch_trigger_and_wait(range(children))
    return [result.unwrap() for result in results]


@task
async def child(number: int) -> str:
    metadata.parent.increment("finished", 1)
    return f"child {number}"


@task(queue=Queue("mail/out", concurrency=2))
async def mail(to: str = "ada") -> str:
    return f"sent to {to}"


@task(queue=Queue("held"))
async def held() -> str:
    return "let go"


@task
async def scheduled(tick: ScheduledRun) -> str:
    return tick.timestamp.isoformat()


@step
async def _fetch(url: str) -> int:
    return len(url)


@task
async def traced() -> int:
    return await _fetch("https://example.com")
