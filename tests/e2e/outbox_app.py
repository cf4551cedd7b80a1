"""What the tests of the outbox run: an engine, which is told to die after it carried rows out and before it deleted them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from runcast import embed, task
from runcast.store.postgres.outbox import PostgresOutbox
from runcast.store.sqlite.outbox import SqliteOutbox


@task
async def ship(order: str) -> str:
    """Leaves a line for each time it is executed."""
    with Path(os.environ["SHIPPED"]).open("a") as file:  # noqa: ASYNC230 - a line
        file.write(f"{order}\n")
    return f"shipped {order}"


def die(_outbox: object, _done: Sequence[int], _refused: Sequence[tuple[int, str]]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(database: str, outbox: str) -> None:
    async with embed(database, outbox=[outbox]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    database, outbox, end = sys.argv[1:]
    if end == "dies":
        SqliteOutbox.settle = die  # type: ignore[method-assign, assignment]
        PostgresOutbox.settle = die  # type: ignore[method-assign, assignment]
    asyncio.run(main(database, outbox))
