"""`guarded_transport`: what a stranger's URL reaches, and what it does not."""

from __future__ import annotations

import httpx2
import pytest

from runcast import InvalidInput
from runcast.http import OutgoingRefused, guarded_transport
from tests.sdk.flaky_server import flaky_server


async def test_a_strangers_url_reaches_nothing_on_this_machine() -> None:
    with flaky_server() as server:
        async with httpx2.AsyncClient(transport=guarded_transport()) as client:
            with pytest.raises(OutgoingRefused, match="not of the public internet"):
                await client.get(server.url)
        assert server.seen == []


async def test_what_is_allowed_is_reached_up_to_the_size_that_is_read() -> None:
    with flaky_server() as server:
        async with httpx2.AsyncClient(transport=guarded_transport(private=["127.0.0.0/8"])) as client:
            assert (await client.get(server.url)).text == "done"
        async with httpx2.AsyncClient(
            transport=guarded_transport(private=["127.0.0.0/8"], response_bytes_max=3)
        ) as client:
            with pytest.raises(OutgoingRefused, match="more than 3 bytes"):
                await client.get(server.url)


def test_a_place_that_is_neither_a_host_nor_a_network_is_refused() -> None:
    with pytest.raises(InvalidInput):
        guarded_transport(private=["http://x/"])
