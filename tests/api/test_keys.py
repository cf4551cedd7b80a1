"""API keys: made, used, rotated, revoked; through HTTP, the command line and the gateway."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from runcast.api.keys import Keys, digest_of, make_key
from runcast.cli.main import run
from runcast.clock import ManualClock
from runcast.domain.access import Role
from runcast.domain.errors import Conflict, InvalidInput, NotFound
from runcast.engine.access_desk import AccessDesk
from runcast.http_settings import ApiSettings
from tests.api.site import Site, serving


@pytest.fixture
async def closed() -> AsyncIterator[Site]:
    """A server to which this machine has no key either; without a worker."""
    async with serving(environments=(), http=ApiSettings()) as site:
        del site.http.headers["authorization"]
        yield site


async def made(site: Site, **options: Any) -> tuple[str, str]:
    """(id, key) of a new one."""
    key, new = make_key(options.pop("name", "test"), **options)
    return (await site.engine.add_key(new)).id, key


async def status(site: Site, key: str, path: str = "/api/v1/me", method: str = "GET", **options: Any) -> int:
    answer = await site.http.request(method, path, headers={"Authorization": f"Bearer {key}"}, **options)
    return int(answer.status_code)


@pytest.mark.parametrize(
    ("environment", "prefix"),
    [("dev", "tr_dev_sk_"), ("staging", "tr_stg_sk_"), ("prod", "tr_prod_sk_"), ("preview", "tr_preview_sk_")],
)
async def test_a_key_admits_to_its_environment(any_site: Site, environment: str, prefix: str) -> None:
    _, key = await made(any_site, environment=environment)
    assert re.fullmatch(re.escape(prefix) + "[0-9A-Za-z]{24}", key)
    me = await any_site.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"})
    assert (me["environment"], me["role"]) == (environment, "operator")


async def test_what_another_environment_has_is_not_found(site: Site) -> None:
    run = await site.run("hello")
    _, key = await made(site, environment="prod", role=Role.ADMIN)
    assert await status(site, key, f"/api/v3/runs/{run['id']}") == 404


@pytest.mark.parametrize(
    ("role", "reads", "triggers", "manages"),
    [(Role.VIEWER, 200, 403, 403), (Role.OPERATOR, 200, 200, 403), (Role.ADMIN, 200, 200, 200)],
)
async def test_a_role_includes_the_ones_before(site: Site, role: Role, reads: int, triggers: int, manages: int) -> None:
    run = await site.run("hello")
    _, key = await made(site, role=role)
    assert await status(site, key, f"/api/v3/runs/{run['id']}") == reads
    assert await status(site, key, "/api/v1/tasks/hello/trigger", "POST", json={}) == triggers
    assert await status(site, key, "/api/v1/keys") == manages


async def test_nothing_is_answered_without_a_key_that_admits(closed: Site) -> None:
    _, key = await made(closed)
    wrong = [key[:-1], key + "a", key.lower(), key.replace("dev", "prod"), "tr_dev_sk_" + "0" * 24, "x" * 60_000, "é"]
    for one in wrong:
        headers = [(b"Authorization", f"Bearer {one}".encode())]
        assert (await closed.http.get("/api/v1/me", headers=headers)).status_code == 401, one[:50]
    for said in (key, f"Basic {key}", "Bearer", ""):
        assert (await closed.http.get("/api/v1/me", headers={"Authorization": said})).status_code == 401
    assert (await closed.http.get("/api/v1/me")).status_code == 401
    assert await status(closed, key) == 200


async def test_a_revoked_key_admits_no_more_at_once(closed: Site) -> None:
    key_id, key = await made(closed)
    assert await status(closed, key) == 200
    await closed.engine.revoke_key(key_id)
    assert await status(closed, key) == 401


async def test_a_key_admits_until_it_expires() -> None:
    clock = ManualClock(1_800_000_000_000)
    async with serving(environments=(), clock=clock) as site:
        _, key = await made(site, lifetime_ms=60_000)
        clock.advance(59_000)
        assert await status(site, key) == 200
        clock.advance(2_000)
        assert await status(site, key) == 401


async def test_both_keys_of_a_rotation_admit_for_a_while() -> None:
    clock = ManualClock(1_800_000_000_000)
    async with serving(environments=(), clock=clock) as site:
        old_id, old = await made(site, name="website", environment="prod", role=Role.VIEWER)
        path = f"/api/v1/keys/{old_id}/rotate"
        _, admin = await made(site, environment="prod", role=Role.ADMIN)
        headers = {"Authorization": f"Bearer {admin}"}
        new = await site.post(path, {"overlap": "1h"}, headers=headers)
        assert (new["name"], new["environment"], new["role"]) == ("website", "prod", "viewer")
        clock.advance(3_599_000)
        assert (await status(site, old), await status(site, new["key"])) == (200, 200)
        clock.advance(2_000)
        assert (await status(site, old), await status(site, new["key"])) == (401, 200)
        assert (await site.http.post(path, json={}, headers=headers)).status_code == 422


async def test_a_key_is_told_once_and_stored_nowhere(tmp_path: Path) -> None:
    database = tmp_path / "runcast.db"
    async with serving(str(database), environments=()) as site:
        answer = await site.post("/api/v1/keys", {"name": "website"})
        key = answer.pop("key")
        assert answer["hint"] == key[-4:]
        assert await status(site, key) == 200
        listed = (await site.get("/api/v1/keys"))["data"]
        assert [one["name"] for one in listed] == ["website"]
        assert "key" not in listed[0]
        assert digest_of(key) not in json.dumps(listed)
        assert await status(site, digest_of(key)) == 401
    for file in tmp_path.iterdir():
        assert key.encode() not in file.read_bytes()


async def test_when_a_key_was_last_used_is_kept(site: Site) -> None:
    key_id, key = await made(site)
    assert await status(site, key) == 200
    (found,) = [one for one in await site.engine.list_keys() if one.id == key_id]
    assert found.used_at is not None


async def test_an_admins_key_sees_only_keys_of_its_environment(site: Site) -> None:
    key_id, _ = await made(site, environment="prod")
    _, admin = await made(site, environment="dev", role=Role.ADMIN)
    headers = {"Authorization": f"Bearer {admin}"}
    assert key_id not in str(await site.get("/api/v1/keys", headers=headers))
    assert (await site.http.delete(f"/api/v1/keys/{key_id}", headers=headers)).status_code == 404
    assert (await site.http.post(f"/api/v1/keys/{key_id}/rotate", json={}, headers=headers)).status_code == 404
    asked = {"name": "up", "environment": "prod"}
    assert (await site.http.post("/api/v1/keys", json=asked, headers=headers)).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"name": "a\nb"},
        {"name": "x", "role": "root"},
        {"name": "x", "environment": "live"},
        {"name": "x", "expiresIn": "0s"},
        {},
    ],
)
async def test_a_key_that_makes_no_sense_is_not_made(site: Site, asked: dict[str, Any]) -> None:
    answer = await site.http.post("/api/v1/keys", json=asked)
    assert answer.status_code in (400, 404), answer.text
    assert (await site.get("/api/v1/keys"))["data"] == []


async def test_a_key_of_a_project_that_is_not_there_is_not_made(site: Site) -> None:
    with pytest.raises(NotFound):
        await made(site, environment="shop/dev")
    await site.engine.access.put_project("shop", "Shop")
    _, key = await made(site, environment="shop/dev")
    me = await site.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"})
    assert me["environment"] == "shop/dev"


class _Counting(AccessDesk):
    """A desk that counts what it reads."""

    reads = 0

    async def live_keys(self) -> Any:
        self.reads += 1
        return await super().live_keys()


async def test_a_key_costs_no_read_for_each_request_and_another_servers_revocation_holds_within_two_seconds(
    site: Site,
) -> None:
    now = [site.engine.clock.now_ms()]
    desk = _Counting(site.engine.store)
    keys = Keys(desk, lambda: now[0])
    key_id, key = await made(site)
    for _ in range(100):
        assert await keys.find(key) is not None
    assert desk.reads == 1
    for _ in range(100):
        assert await keys.find("tr_dev_sk_guess") is None
    assert desk.reads == 1
    # Through another engine, as far as this desk knows.
    await site.engine.revoke_key(key_id)
    now[0] += 2_001
    assert await keys.find(key) is None


async def test_a_key_that_another_server_made_is_known_at_once(site: Site) -> None:
    now = [site.engine.clock.now_ms()]
    keys = Keys(AccessDesk(site.engine.store), lambda: now[0])
    assert await keys.find("tr_dev_sk_guess") is None
    _, key = await made(site)
    now[0] += 101
    assert await keys.find(key) is not None


async def test_the_engine_takes_only_what_looks_like_a_key(site: Site) -> None:
    _, new = make_key("x")
    from msgspec.structs import replace

    for broken in (replace(new, digest="short"), replace(new, name=""), replace(new, lifetime_ms=0)):
        with pytest.raises(InvalidInput):
            await site.engine.add_key(broken)
    made_key = await site.engine.add_key(new)
    await site.engine.revoke_key(made_key.id)
    with pytest.raises(Conflict):
        await site.engine.rotate_key(made_key.id, make_key("x")[1], overlap_ms=0)


# --- the command line


def test_keys_are_made_rotated_and_revoked_on_the_command_line(
    database: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    def said(*arguments: str) -> list[dict[str, Any]]:
        assert run([*arguments, "--database", database, "--json"]) == 0
        return [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]

    (first,) = said("keys", "create", "website", "-e", "prod", "--role", "viewer", "--expires", "90d")
    assert first["key"].startswith("tr_prod_sk_")
    (second,) = said("keys", "rotate", "website", "--overlap", "2h")
    assert second["expires_at"] - second["created_at"] == 90 * 86_400_000
    assert run(["keys", "revoke", "website", "--database", database]) != 0
    assert b"2 keys are called 'website'" in capsysbinary.readouterr().err
    said("keys", "revoke", second["id"])
    assert [one["id"] for one in said("keys", "list")] == [first["id"]]
    assert {one["id"] for one in said("keys", "list", "--all")} == {first["id"], second["id"]}
    assert first["key"] not in str(said("keys", "list", "--all"))


def test_a_key_is_all_that_create_prints_on_stdout(database: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "create", "website", "--database", database]) == 0
    said = capfd.readouterr()
    assert re.fullmatch(r"tr_dev_sk_[0-9A-Za-z]{24}\n", said.out)
    assert "not shown again" in said.err


def test_a_public_token_is_printed(database: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "public", "--scope", "read:runs:run_1", "--expires", "1h", "--database", database]) == 0
    assert capfd.readouterr().out.count(".") == 2
    assert run(["keys", "public", "--scope", "read:", "--database", database]) != 0
    assert run(["keys", "public", "--scope", "read:runs", "--expires", "31d", "--database", database]) != 0
    assert run(["keys", "public", "--scope", "read:runs", "-e", "live", "--database", database]) != 0
