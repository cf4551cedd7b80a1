"""A worker's processes, seen from outside: a script's own steps, and no orphans."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.offload.listening import Listening, listening, until_gone

ROOT = Path(__file__).parents[2]


async def started(port: Listening) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("program.py")),
        port.port,
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
    )


async def test_a_step_of_a_script_runs_in_another_process() -> None:
    async with listening() as port:
        program = await started(port)
        (pid,) = await port.heard()
        assert pid != program.pid
        port.let_go()
        told, _ = await program.communicate()
        assert told.decode().strip() == str(pid)


async def test_no_process_outlives_a_worker_that_was_killed() -> None:
    async with listening() as port:
        program = await started(port)
        (pid,) = await port.heard()
        program.kill()
        await port.went()
        await until_gone(pid)
        await program.communicate()
