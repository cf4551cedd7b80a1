"""People: signing in and out, what a cookie is worth, and who may not use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from runcast.api import serving as serving_module
from runcast.api.keys import digest_of
from runcast.api.passwords import hash_password, is_password
from runcast.api.rate import Failures
from runcast.cli.main import run
from runcast.clock import ManualClock
from runcast.domain.access import NewPerson, PersonChange, Role
from runcast.domain.errors import InvalidInput
from runcast.http_settings import ApiSettings
from runcast.sdk.fresh_ids import fresh_id
from runcast.server import Server, ServerConfig
from runcast.store.people import IDLE_MS, SIGN_IN_MS, SIGN_INS_MAX
from tests.api.site import Site, serving

PASSWORD = "correct horse battery"
HASHED = hash_password(PASSWORD)
"""Hashing takes a while: once for all."""
ADA = NewPerson("person_ada", "ada@example.com", HASHED, name="Ada", role=Role.ADMIN)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_800_000_000_000)


@pytest.fixture
async def site(clock: ManualClock) -> AsyncIterator[Site]:
    """Open to nobody without a key or a sign-in; Ada is known."""
    async with serving(environments=(), http=ApiSettings(), clock=clock) as site:
        del site.http.headers["authorization"]
        site.http.headers["Origin"] = site.url
        await site.engine.add_person(ADA)
        yield site


async def sign_in(site: Site, email: str = ADA.email, password: str = PASSWORD, **options: Any) -> httpx2.Response:
    return await site.http.post("/api/v1/auth/sign-in", json={"email": email, "password": password}, **options)


async def status(site: Site, path: str = "/api/v1/me", method: str = "GET", **options: Any) -> int:
    return int((await site.http.request(method, path, **options)).status_code)


async def test_who_signs_in_is_known_until_they_sign_out(site: Site) -> None:
    assert await status(site) == 401
    answer = await sign_in(site, "Ada@Example.com ")
    assert answer.status_code == 200
    assert answer.json()["role"] == "admin"
    me = await site.get("/api/v1/me")
    assert (me["name"], me["everywhere"]) == (ADA.email, True)
    held = site.http.cookies["runcast_session"]
    assert await status(site, "/api/v1/auth/sign-out", "POST") == 200
    assert await status(site, headers={"Cookie": f"runcast_session={held}"}) == 401


async def test_a_cookie_is_read_by_no_script_and_sent_by_no_other_site(site: Site) -> None:
    cookie = (await sign_in(site)).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


async def test_behind_https_a_cookie_is_sent_over_https_only() -> None:
    settings = ApiSettings(public_url="https://runs.example.com")
    async with serving(environments=(), http=settings) as site:
        await site.engine.add_person(ADA)
        answer = await sign_in(site, headers={"Host": "runs.example.com", "Origin": "https://runs.example.com"})
        assert "Secure" in answer.headers["set-cookie"]


async def test_the_database_has_neither_the_password_nor_the_cookie(tmp_path: Path) -> None:
    async with serving(str(tmp_path / "runcast.db"), environments=(), http=ApiSettings()) as site:
        await site.engine.add_person(ADA)
        assert (await sign_in(site)).status_code == 200
        held = site.http.cookies["runcast_session"]
        del site.http.headers["authorization"]
        site.http.cookies.clear()
        assert await status(site, headers={"Cookie": f"runcast_session={digest_of(held)}"}) == 401
    for file in tmp_path.iterdir():
        stored = file.read_bytes()
        assert PASSWORD.encode() not in stored
        assert held.encode() not in stored


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ADA.email, "wrong horse battery"),
        (ADA.email, ""),
        ("eve@example.com", PASSWORD),
        ("", ""),
        (ADA.email, "x" * 5_000),
    ],
)
async def test_who_is_not_known_is_told_nothing_more(site: Site, email: str, password: str) -> None:
    answer = await sign_in(site, email, password)
    assert answer.status_code == 401
    assert answer.json() == {"error": "The e-mail address or the password is wrong", "code": "wrong_password"}
    assert "set-cookie" not in answer.headers


async def test_a_stranger_fills_no_memory(site: Site) -> None:
    asked = {"email": "ada@example.com", "password": "x" * 20_000}
    assert await status(site, "/api/v1/auth/sign-in", "POST", json=asked) == 413


async def test_guessing_is_slowed_down_by_address_and_by_account(site: Site, clock: ManualClock) -> None:
    statuses = [(await sign_in(site, password=f"guess number {n}")).status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    answer = await sign_in(site)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    clock.advance(int(answer.headers["retry-after"]) * 1_000)
    assert (await sign_in(site)).status_code == 200


@pytest.mark.parametrize(("proxies", "status"), [(("127.0.0.0/8",), 401), ((), 429)])
async def test_behind_a_proxy_that_is_known_each_client_fails_for_itself(
    proxies: tuple[str, ...], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_module, "THIS_MACHINE", ())
    async with serving(environments=(), http=ApiSettings(proxies=proxies)) as site:
        for number in range(10):
            await sign_in(site, f"{number}@example.com", headers={"X-Forwarded-For": "192.0.2.1"})
        answer = await sign_in(site, "ada@example.com", headers={"X-Forwarded-For": "192.0.2.2"})
        assert answer.status_code == status


async def test_guesses_at_the_same_time_count_as_well(site: Site) -> None:
    answers = await asyncio.gather(*(sign_in(site, password=f"guess number {n}") for n in range(15)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 5


def test_failures_are_counted_in_bounded_memory_and_forgiven_with_time() -> None:
    now = [0]
    failures = Failures(now_ms=lambda: now[0], burst=3, per_minute=6, known_max=10)
    for number in range(100):
        failures.add(str(number))
    assert len(failures._done_at) == 10
    for _ in range(1_000):
        failures.add("eve")
    assert 0 < failures.wait_ms("eve") <= 60_000
    assert failures.wait_ms("ada") == 0
    now[0] += 60_000
    assert failures.wait_ms("eve") == 0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": ""}, 403),
    ],
)
async def test_a_page_of_another_origin_does_nothing_with_a_cookie(
    site: Site, headers: dict[str, str], expected: int
) -> None:
    assert (await sign_in(site)).status_code == 200
    assert await status(site, "/api/v1/keys", "POST", json={"name": "x"}, headers=headers) == expected


async def test_whoever_says_nothing_of_where_it_comes_from_changes_nothing_with_a_cookie(site: Site) -> None:
    assert (await sign_in(site)).status_code == 200
    del site.http.headers["Origin"]
    assert await status(site, "/api/v1/keys", "POST", json={"name": "x"}) == 403
    assert await status(site) == 200


async def test_nobody_is_signed_in_by_a_page_of_another_origin(site: Site) -> None:
    answer = await sign_in(site, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert await status(site, "/api/v1/auth/sign-out", "POST", headers={"Sec-Fetch-Site": "cross-site"}) == 403


async def test_other_origins_never_read_what_a_cookie_shows(site: Site) -> None:
    assert (await sign_in(site)).status_code == 200
    answer = await site.http.get("/api/v1/me", headers={"Origin": "https://evil.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_sign_in_ends_when_it_is_not_used_and_when_it_is_old(site: Site, clock: ManualClock) -> None:
    assert (await sign_in(site)).status_code == 200
    for _ in range(SIGN_IN_MS // (IDLE_MS - 1_000)):
        clock.advance(IDLE_MS - 1_000)
        assert await status(site) == 200
    clock.advance(IDLE_MS - 1_000)
    assert await status(site) == 401
    assert (await sign_in(site)).status_code == 200
    clock.advance(IDLE_MS + 1_000)
    assert await status(site) == 401


async def test_a_new_sign_in_replaces_that_of_the_same_browser(site: Site) -> None:
    await sign_in(site)
    first = site.http.cookies["runcast_session"]
    await sign_in(site)
    assert site.http.cookies["runcast_session"] != first
    assert await status(site, headers={"Cookie": f"runcast_session={first}"}) == 401


async def test_a_person_has_a_bounded_number_of_sign_ins(site: Site) -> None:
    from functools import partial

    from runcast.store import people

    for number in range(SIGN_INS_MAX + 5):
        await site.engine.store.write(partial(people.sign_in, ADA.id, f"digest {number}", 1_800_000_000_000 + number))
    found = [
        await site.engine.store.read(partial(people.find_sign_in, f"digest {number}", 1_800_000_001_000))
        for number in range(SIGN_INS_MAX + 5)
    ]
    assert sum(one is not None for one in found) == SIGN_INS_MAX
    assert found[-1] is not None


@pytest.mark.parametrize(
    "change", [PersonChange(disabled=True), PersonChange(password=HASHED), PersonChange(role=Role.VIEWER)]
)
async def test_whoever_is_changed_is_signed_out_everywhere_at_once(site: Site, change: PersonChange) -> None:
    await sign_in(site)
    assert await status(site) == 200
    await site.engine.change_person(ADA.email, change)
    assert await status(site) == 401
    assert (await sign_in(site)).status_code == (401 if change.disabled else 200)


async def test_one_changes_ones_password_with_the_old_one(site: Site) -> None:
    await sign_in(site)
    other = site.http.cookies["runcast_session"]
    site.http.cookies.clear()
    await sign_in(site)
    asked = {"current": "wrong horse battery", "password": "another good one"}
    assert await status(site, "/api/v1/me/password", "POST", json=asked) == 401
    asked["current"] = PASSWORD
    assert await status(site, "/api/v1/me/password", "POST", json=asked | {"password": "short"}) == 400
    assert await status(site, "/api/v1/me/password", "POST", json=asked) == 200
    assert await status(site) == 200
    assert await status(site, headers={"Cookie": f"runcast_session={other}"}) == 401
    assert (await sign_in(site)).status_code == 401
    assert (await sign_in(site, password="another good one")).status_code == 200


async def test_people_say_in_which_environment_they_are(site: Site) -> None:
    await sign_in(site)
    assert (await site.get("/api/v1/me"))["environment"] == "dev"
    assert (await site.get("/api/v1/me", headers={"x-runcast-environment": "prod"}))["environment"] == "prod"
    assert (await site.get("/api/v1/me?environment=staging"))["environment"] == "staging"
    assert await status(site, headers={"x-runcast-environment": "live"}) == 400


async def test_an_admin_adds_and_changes_people(site: Site) -> None:
    await sign_in(site)
    asked = {"email": "Bob@example.com", "password": "a password of bob"}
    bob = await site.post("/api/v1/people", asked)
    assert (bob["email"], bob["role"]) == ("bob@example.com", "viewer")
    assert (await site.http.post("/api/v1/people", json=asked)).status_code == 422
    assert [one["email"] for one in (await site.get("/api/v1/people"))["data"]] == [ADA.email, "bob@example.com"]
    assert "password" not in str(await site.get("/api/v1/people"))
    answer = await site.http.patch(f"/api/v1/people/{bob['id']}", json={"disabled": True})
    assert "disabledAt" in answer.json()
    assert (await sign_in(site, "bob@example.com", "a password of bob")).status_code == 401
    assert await status(site, f"/api/v1/people/{ADA.id}", "PATCH", json={"role": "viewer"}) == 422
    assert await status(site, "/api/v1/people/person_none", "PATCH", json={"name": "x"}) == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_who_is_no_admin_manages_nothing(site: Site, role: Role) -> None:
    await site.engine.add_person(replace(ADA, id=fresh_id("person"), email="bob@example.com", role=role))
    await sign_in(site, "bob@example.com")
    for path, method in (("/api/v1/people", "GET"), ("/api/v1/people", "POST"), ("/api/v1/keys", "GET")):
        asked = {"email": "eve@example.com", "password": "0123456789", "role": "admin"}
        assert await status(site, path, method, json=asked if method == "POST" else None) == 403


async def test_a_key_manages_no_people(site: Site) -> None:
    from runcast.api.keys import make_key

    key, new = make_key("admin", role=Role.ADMIN)
    await site.engine.add_key(new)
    assert await status(site, "/api/v1/people", headers={"Authorization": f"Bearer {key}"}) == 403


@pytest.mark.parametrize(
    "asked",
    [
        {"email": "nobody", "password": PASSWORD},
        {"email": "a@b@c", "password": PASSWORD},
        {"email": "a b@c", "password": PASSWORD},
        {"email": f"{'a' * 300}@b", "password": PASSWORD},
        {"email": "bob@example.com", "password": "short"},
        {"email": "bob@example.com", "password": "x" * 1_001},
        {"email": "bob@example.com", "password": PASSWORD, "role": "root"},
        {"email": "bob@example.com", "password": PASSWORD, "name": "Bob\n2026 ERROR all is lost"},
        {"email": "bob@example.com", "password": PASSWORD, "name": "x" * 201},
    ],
)
async def test_a_person_that_makes_no_sense_is_not_added(site: Site, asked: dict[str, str]) -> None:
    await sign_in(site)
    assert await status(site, "/api/v1/people", "POST", json=asked) == 400


async def test_the_engine_takes_no_password_that_is_not_hashed(site: Site) -> None:
    with pytest.raises(InvalidInput):
        await site.engine.add_person(replace(ADA, email="bob@example.com", password=PASSWORD))
    with pytest.raises(InvalidInput):
        await site.engine.change_person(ADA.id, PersonChange(password=PASSWORD))


def test_a_password_is_compared_as_it_is_typed_on_any_keyboard() -> None:
    assert HASHED.startswith("$argon2id$")
    assert is_password(hash_password("caf\u00e9 au lait"), "cafe\u0301 au lait")
    assert not is_password(HASHED, PASSWORD.upper())
    assert not is_password(None, PASSWORD)
    assert not is_password("$argon2id$broken", PASSWORD)


def test_the_first_admin_comes_by_the_command_line(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    database = str(tmp_path / "runcast.db")

    async def begin() -> None:
        async with Server(ServerConfig(database=database, installed_extensions=False)):
            pass

    def said(*arguments: str, typed: str = "") -> list[dict[str, Any]]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = run(["users", *arguments, "--database", database, "--json"])
        lines = capsysbinary.readouterr().out.splitlines()
        return [json.loads(line) for line in lines] if code == 0 else []

    asyncio.run(begin())
    assert said("add", "ada@example.com", "--role", "admin") == []
    assert said("add", "ada@example.com", "--role", "admin", typed="short\n") == []
    (ada,) = said("add", "Ada@example.com", "--role", "admin", typed=f"{PASSWORD}\n")
    assert (ada["email"], ada["role"]) == ("ada@example.com", "admin")
    assert said("role", "ada@example.com", "operator")[0]["role"] == "operator"
    assert said("password", "ada@example.com", typed="another good one\n")
    assert said("disable", "ada@example.com")[0]["disabled_at"] is not None
    assert said("enable", "ada@example.com")[0]["disabled_at"] is None
    assert [one["email"] for one in said("list")] == ["ada@example.com"]
    assert said("disable", "bob@example.com") == []
