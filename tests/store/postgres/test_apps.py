"""Extensions on a PostgreSQL that several engines share."""

from __future__ import annotations

import asyncio

import pytest

from runcast.server import Server, ServerConfig
from tests.sdk.todo import todo


def config(postgres: str) -> ServerConfig:
    return ServerConfig(database=postgres, installed_extensions=False)


async def test_an_extension_that_another_engine_has_just_installed_is_known(postgres: str) -> None:
    async with Server(config(postgres)) as one, Server(config(postgres)) as other:
        # Each has looked which tables there are, as engines do that start at once.
        await asyncio.gather(one.engine.tasks(), other.engine.tasks())
        await one.engine.extensions.install(todo.app())
        await other.engine.extensions.install(todo.app())


@pytest.mark.slow
async def test_engines_that_start_at_once_install_it_together(postgres: str) -> None:
    servers = [
        Server(ServerConfig(database=postgres, installed_extensions=False, extensions=(todo,))) for _ in range(4)
    ]
    try:
        await asyncio.gather(*(server.start() for server in servers))
    finally:
        await asyncio.gather(*(server.stop() for server in servers))
