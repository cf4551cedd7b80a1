"""Every endpoint, whatever it is for: closed to strangers, to tokens of other things, and to keys that may only read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest

from runcast.api.app import ROUTES
from runcast.api.keys import make_key
from runcast.domain.access import Role
from runcast.http_settings import ApiSettings
from tests.api.site import Site, serving

SAFE = {"GET", "HEAD", "OPTIONS"}
OPEN = {
    "/api/v1/auth/sign-in",
    "/api/v1/auth/sign-out",
    "/api/v1/timezones",
}
"""For those who have nothing yet; whatever else is open carries its own signature in the URL."""
FOR_VIEWERS = {
    "/api/v1/auth/public-tokens",
    "/api/v1/auth/jwt",
    "/api/v1/auth/jwt/claims",
}
"""Ways to get a token, which grants no more than the key: tried in the tests of tokens."""


def endpoints() -> Iterator[tuple[str, str, bool]]:
    """(method, path with names filled in, whether it is open) of every handler."""
    for route in ROUTES:
        handler: Any = route
        for path in sorted(handler.paths):
            filled = re.sub(r"\{(\w+):int\}", "1", path)
            filled = re.sub(r"\{(\w+):\w+\}", r"\1_x", filled)
            for method in sorted(str(method) for method in handler.http_methods - {"OPTIONS"}):
                yield method, filled, bool(handler.opt.get("open"))


CLOSED = [(method, path) for method, path, is_open in endpoints() if not is_open]


@pytest.fixture
async def strict() -> AsyncIterator[Site]:
    async with serving(environments=(), http=ApiSettings()) as site:
        del site.http.headers["authorization"]
        yield site


async def answers(site: Site, headers: dict[str, str]) -> dict[str, int]:
    """The status of every endpoint that is not open; a body that fits nothing."""
    found = {}
    for method, path in CLOSED:
        body: dict[str, str] | None = None if method in SAFE else {}
        try:
            # Streams do not end by themselves: only how they begin counts.
            async with site.http.stream(method, path, headers=headers, json=body, timeout=3) as answer:
                found[f"{method} {path}"] = answer.status_code
        except httpx2.ReadTimeout:
            # It waits for something to happen: whoever waits was let in.
            found[f"{method} {path}"] = 200
    return found


def test_only_what_has_to_be_is_open() -> None:
    opened = {path for _, path, is_open in endpoints() if is_open}
    assert opened >= OPEN
    for path in opened - OPEN:
        assert re.search(r"callback|presigned|^/a/", path), path


async def test_a_stranger_gets_nothing_at_any_endpoint(strict: Site) -> None:
    found = await answers(strict, {})
    assert len(found) > 40
    assert {where: status for where, status in found.items() if status != 401} == {}


async def test_a_token_for_something_else_gets_nothing_at_any_endpoint(strict: Site) -> None:
    found = await answers(strict, strict.bearer("read:nothing:x"))
    # A feed waits for a run that is not there yet, and looks at the token once it is.
    waits = {"GET /realtime/v1/runs/run_id_x", "GET /realtime/v1/streams/run_id_x/key_x"}
    allowed = {"GET /api/v1/me", *waits}
    assert {where: status for where, status in found.items() if status < 400 and where not in allowed} == {}


async def test_a_viewers_key_changes_nothing_at_any_endpoint(strict: Site) -> None:
    key, new = make_key("viewer", role=Role.VIEWER)
    await strict.engine.add_key(new)
    found = await answers(strict, {"Authorization": f"Bearer {key}"})
    changed = {
        where: status
        for where, status in found.items()
        if status < 400 and where.split()[0] not in SAFE and where.split()[1] not in FOR_VIEWERS
    }
    assert changed == {}


async def test_no_endpoint_breaks_on_a_body_that_fits_nothing(strict: Site) -> None:
    key, new = make_key("admin", role=Role.ADMIN)
    await strict.engine.add_key(new)
    found = await answers(strict, {"Authorization": f"Bearer {key}"})
    assert {where: status for where, status in found.items() if status >= 500} == {}
