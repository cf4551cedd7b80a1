"""The work of the web examples: a report that takes a while and tells how far it is."""

from __future__ import annotations

from runcast import progress, step, task


@step
async def collect(name: str, part: int) -> str:
    return f"{name} {part}"


@task
async def write_report(name: str, parts: int = 3) -> str:
    lines = []
    for part in range(parts):
        progress(100 * part / parts, f"part {part + 1} of {parts}")
        lines.append(await collect(name, part))
    progress(100, "done")
    return "\n".join(lines)
