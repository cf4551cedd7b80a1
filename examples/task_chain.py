"""A chain of tasks: each link has a queue, retries and a page of its own, and the first link names the next.

    runcast dev examples/task_chain.py
    runcast trigger ingest '{"document": "the cat sat on the mat with the hat"}' --follow

Links that share one fate belong into one task as steps (`chain.py`); separate tasks are for links that need a limit
of their own, or that others trigger too.
"""

from __future__ import annotations

from collections import Counter

from runcast import Queue, metadata, task

slow_models = Queue("models", concurrency=2)


@task
async def ingest(document: str) -> list[str]:
    words = document.lower().split()
    ranked = await rank.trigger_and_wait(words)
    return ranked.unwrap()  # raises TaskFailed, with the child's error, if it failed


@task(queue=slow_models)
async def rank(words: list[str]) -> list[str]:
    metadata.parent.set("currentStep", "ranking")
    return [word for word, _ in Counter(words).most_common(3)]
