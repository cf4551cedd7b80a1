"""Opens the gateway that a command talks through, and closes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from runcast.gateway import ClientGateway

T = TypeVar("T")


def with_gateway(database: str | None, work: Callable[[ClientGateway], Awaitable[T]]) -> T:
    """Run `work` with a gateway to `database`: the process that has it open, or the file itself."""

    async def main() -> T:
        from runcast.server import open_client

        gateway = await open_client(database)
        try:
            return await work(gateway)
        finally:
            await gateway.close()

    return asyncio.run(main())
