"""What runs here, for who may read."""

from __future__ import annotations

from runcast import __version__
from tests.api.site import Site


async def test_a_server_says_what_it_is(site: Site) -> None:
    about = await site.get("/api/v1/about")
    assert (about["version"], about["database"], about["license"]) == (__version__, "sqlite", "Apache-2.0")
