"""Progress to the parent: who watches the parent sees what its children do, in one place.

runcast dev examples/parent_progress.py
runcast trigger convert_album '{"tracks": ["intro", "theme", "coda"]}' --follow
"""

from __future__ import annotations

from runcast import metadata, progress, step, task


@step
async def encode(track: str) -> int:
    return len(track) * 1000


@task
async def convert_track(track: str) -> int:
    metadata.parent.set("currentStep", f"encoding {track}")
    size = await encode(track)
    metadata.parent.increment("done")  # counted once, also when this body is executed again
    return size


@task
async def convert_album(tracks: list[str]) -> int:
    progress(0, "starting")
    metadata.set("total", len(tracks))
    results = await convert_track.batch_trigger_and_wait(tracks)
    progress(100, "done")
    return sum(result.unwrap() for result in results)
