"""Poll an external job until it is done: the wait between two looks costs no slot, no thread, and survives restarts.

runcast dev examples/polling.py
runcast trigger render_film '{"scenes": 3}' --follow
"""

from __future__ import annotations

from runcast import AbortRun, progress, step, task, wait

LOOKS_MAX = 100


@step
async def submit(scenes: int) -> str:
    """A stand-in for a render farm, which gives the job a name."""
    return f"film-{scenes}"


@step
async def look(job: str, minute: int) -> int:
    """How many scenes are done: this farm needs a minute for each."""
    return min(minute, int(job.removeprefix("film-")))


@task
async def render_film(scenes: int) -> str:
    job = await submit(scenes)  # recorded: a retry goes on with the same job
    for minute in range(LOOKS_MAX):
        done = await look(job, minute)
        progress(100 * done / scenes, f"{done} of {scenes} scenes")
        if done == scenes:
            return f"{job}.mp4"
        await wait.for_("1m")
    raise AbortRun(f"{job} is not done after {LOOKS_MAX} looks")
