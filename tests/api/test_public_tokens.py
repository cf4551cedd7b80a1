"""Public tokens that are ended before their time: by id, by text, by name; here and at other servers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runcast.api.keys import make_key
from runcast.cli.main import run
from runcast.domain.access import Role
from runcast.domain.errors import Conflict, InvalidInput, NotFound
from runcast.sdk.client import Client
from runcast.store import public_tokens
from tests.api.site import Site


async def asked(site: Site, *scopes: str, **options: Any) -> str:
    """A token that was asked for over HTTP."""
    body = {"scopes": scopes or ["read:runs"], **options}
    answer = await site.http.post("/api/v1/auth/public-tokens", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


async def status(site: Site, token: str) -> int:
    answer = await site.http.get("/api/v1/runs", headers={"Authorization": f"Bearer {token}"})
    return int(answer.status_code)


async def listed(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await site.get("/api/v1/auth/public-tokens"))["data"]
    return found


async def test_a_token_that_was_asked_for_is_listed_without_what_admits(any_site: Site) -> None:
    token = await asked(any_site, "read:runs:run_1", "read:tags:a", name="board", expirationTime="1h")
    (one,) = await listed(any_site)
    assert (one["scopes"], one["name"], one["oneTimeUse"]) == (["read:runs:run_1", "read:tags:a"], "board", False)
    assert token not in json.dumps(one) and "revokedAt" not in one


async def test_a_token_that_came_with_a_trigger_is_not_listed(site: Site) -> None:
    await site.trigger("hello")
    assert await listed(site) == []


async def test_a_revoked_token_admits_no_more_and_others_still_do(any_site: Site) -> None:
    revoked, other = await asked(any_site), await asked(any_site)
    other_one, one = await listed(any_site)
    assert (await status(any_site, revoked), await status(any_site, other)) == (200, 200)
    answer = await any_site.http.delete(f"/api/v1/auth/public-tokens/{one['id']}")
    assert (answer.status_code, answer.json()) == (200, {"revoked": 1})
    assert (await status(any_site, revoked), await status(any_site, other)) == (401, 200)
    states = {row["id"]: "revokedAt" in row for row in await listed(any_site)}
    assert states == {one["id"]: True, other_one["id"]: False}


async def test_the_refusal_of_a_revoked_token_says_so(site: Site) -> None:
    token = await asked(site)
    await site.http.post("/api/v1/auth/public-tokens/revoke", json={"token": token})
    answer = await site.http.get("/api/v1/runs", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["code"] == "token_revoked"


async def test_a_token_that_came_with_a_trigger_is_revoked_by_its_text(any_site: Site) -> None:
    answer = await any_site.http.post("/api/v1/tasks/hello/trigger", json={})
    token = answer.headers["x-trigger-jwt"]
    path, headers = f"/api/v3/runs/{answer.json()['id']}", {"Authorization": f"Bearer {token}"}
    assert (await any_site.http.get(path, headers=headers)).status_code == 200
    for count in (1, 0):
        revoked = await any_site.http.post("/api/v1/auth/public-tokens/revoke", json={"token": token})
        # A token that admits no more still names itself: asking again changes nothing.
        assert revoked.json() == {"revoked": count}
    assert (await any_site.http.get(path, headers=headers)).status_code == 401


async def test_tokens_of_one_name_are_revoked_together(any_site: Site) -> None:
    first, second, other = [await asked(any_site, name=name) for name in ("share 1", "share 1", "share 2")]
    async with Client(gateway=any_site.engine) as client:
        assert await client.revoke_public_tokens("share 1") == 2
        assert await client.revoke_public_tokens("share 1") == 0
    assert [await status(any_site, token) for token in (first, second, other)] == [401, 401, 200]


async def test_the_python_client_revokes_one_by_its_text_or_its_id(site: Site) -> None:
    async with Client(gateway=site.engine) as client:
        tokens = [await client.create_public_token("read:runs"), await client.create_public_token("read:runs")]
        assert await client.revoke_public_token(tokens[0]) == 1
        (last,) = [row["id"] for row in await listed(site) if "revokedAt" not in row]
        assert await client.revoke_public_token(last) == 1
        with pytest.raises(NotFound):
            await client.revoke_public_token("token_none")
        with pytest.raises(InvalidInput, match="no public token"):
            await client.revoke_public_token("a.b.c")
    assert [await status(site, token) for token in tokens] == [401, 401]


async def test_a_token_of_another_environment_is_not_reached(site: Site) -> None:
    token = await asked(site, name="board")
    (one,) = await listed(site)
    key, new = make_key("other", "prod", Role.ADMIN)
    await site.engine.add_key(new)
    headers = {"Authorization": f"Bearer {key}"}
    assert (await site.get("/api/v1/auth/public-tokens", headers=headers))["data"] == []
    by_id = await site.http.delete(f"/api/v1/auth/public-tokens/{one['id']}", headers=headers)
    by_text = await site.http.post("/api/v1/auth/public-tokens/revoke", json={"token": token}, headers=headers)
    by_name = await site.http.post("/api/v1/auth/public-tokens/revoke", json={"name": "board"}, headers=headers)
    assert (by_id.status_code, by_text.status_code, by_name.json()) == (404, 400, {"revoked": 0})
    assert await status(site, token) == 200


@pytest.mark.parametrize("body", [{}, {"token": "a.b.c", "name": "x"}])
async def test_a_revocation_says_which(site: Site, body: dict[str, str]) -> None:
    assert (await site.http.post("/api/v1/auth/public-tokens/revoke", json=body)).status_code == 400


async def test_viewers_list_and_do_not_revoke_and_tokens_do_neither(site: Site) -> None:
    token = await asked(site, "admin")
    (one,) = await listed(site)
    key, new = make_key("board", role=Role.VIEWER)
    await site.engine.add_key(new)
    for bearer, expected in ((key, (200, 403)), (token, (403, 403))):
        headers = {"Authorization": f"Bearer {bearer}"}
        seen = await site.http.get("/api/v1/auth/public-tokens", headers=headers)
        revoked = await site.http.delete(f"/api/v1/auth/public-tokens/{one['id']}", headers=headers)
        assert (seen.status_code, revoked.status_code) == expected


async def test_a_listed_token_is_forgotten_after_its_end(site: Site) -> None:
    from runcast.domain.access import NewToken
    from runcast.store import requests

    store, now = site.engine.store, site.engine.clock.now_ms()
    await store.write(lambda: public_tokens.note_token(NewToken("token_old", ("read:runs",)), now - 10, now - 5))
    assert await listed(site) == []
    await store.write(lambda: requests.forget(now))
    await asked(site)
    assert len(await store.read(lambda: public_tokens.list_tokens("dev", 0))) == 1


async def test_past_the_bound_tokens_are_made_and_not_listed_and_named_ones_are_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_tokens, "TOKENS_LISTED_MAX", 1)
    await asked(site)
    unlisted = await asked(site)
    assert (await status(site, unlisted), len(await listed(site))) == (200, 1)
    async with Client(gateway=site.engine) as client:
        with pytest.raises(Conflict, match="shorter lifetimes"):
            await client.create_public_token("read:runs", name="board")
        assert await client.revoke_public_token(unlisted) == 1
    assert await status(site, unlisted) == 401


def test_the_command_line_lists_and_ends_tokens(database: str, capfd: pytest.CaptureFixture[str]) -> None:
    where = ["--database", database]
    for name in ("share 1", "share 2"):
        assert run(["keys", "public", "--scope", "read:runs", "--name", name, *where]) == 0
    capfd.readouterr()
    assert run(["keys", "tokens", "--json", *where]) == 0
    found = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert sorted(one["name"] for one in found) == ["share 1", "share 2"]
    assert run(["keys", "end-token", found[0]["id"], *where]) == 0
    assert run(["keys", "end-token", "--name", "share 1", "--json", *where]) == 0
    assert capfd.readouterr().out.splitlines()[0] == "1 public token ended"
    assert run(["keys", "end-token", *where]) == 2
