"""A process that is killed when it has uploaded an artifact and is about to commit what refers to it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from runcast.blobs.bucket import open_bucket
from runcast.domain.ids import RunId, make_id
from runcast.domain.run import NewRun
from runcast.gateway import Report
from tests.engine.house import House
from tests.engine.test_uploads import LARGE, artifact


class KillOnceUploaded:
    """Faults of the writer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def before_commit(self) -> None:
        if any(path.is_file() for path in self._folder.rglob("*")):
            os.kill(os.getpid(), signal.SIGKILL)

    def after_commit(self) -> None:
        pass


async def main(path: Path) -> None:
    bucket = open_bucket(f"file://{path}/blobs")
    house = House(str(path / "runcast.db"), bucket=bucket, faults=KillOnceUploaded(path / "blobs"))
    await house.engine.start()
    session, inbox = await house.open("killed")
    # Ids that the test's own engine does not make.
    await house.engine.trigger([NewRun(RunId(make_id("run", at_ms=house.clock.now_ms(), chance=999)), "work")])
    await house.quiet()
    [run] = inbox.take()
    await session.report([Report(run.run_id, run.epoch, effects=(artifact(LARGE),))])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
