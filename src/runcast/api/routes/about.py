"""What runs here: release, database, licence."""

from __future__ import annotations

import platform

import msgspec
from litestar import get

from runcast import __version__
from runcast.api.caller import Caller
from runcast.api.context import Api


class AboutView(msgspec.Struct, frozen=True, rename="camel"):
    """A server."""

    version: str
    database: str
    """`sqlite` or `postgres`."""
    python: str
    license: str
    public_url: str
    """Below which addresses that it gives away begin; empty while the setting `public_url` is not set."""


@get("/api/v1/about", tags=["Overviews"], summary="What runs here")
async def show_about(api: Api, caller: Caller) -> AboutView:
    """The release and what it runs on."""
    caller.require("read")
    return AboutView(
        __version__,
        "postgres" if api.engine.store.database.shared else "sqlite",
        platform.python_version(),
        "Apache-2.0",
        api.settings.public_url,
    )


ROUTES = [show_about]
