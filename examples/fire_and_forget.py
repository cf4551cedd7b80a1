"""Fire and forget: the main work does not wait for what may come later, and still cannot lose it.

runcast dev examples/fire_and_forget.py
runcast trigger save_note '{"text": "remember the milk", "tier": "pro"}' --follow
"""

from __future__ import annotations

from runcast import task


@task
async def save_note(text: str, tier: str = "free") -> int:
    if tier == "pro":
        # On disk when this line is done; the child lives on when this run has ended. Once, however often this body runs.
        await index_note.options(delay="10s", tags="index").trigger(text)
    return len(text)


@task
async def index_note(text: str) -> list[str]:
    return sorted(set(text.split()))
