"""Public tokens: what they grant, what they do not, and everything that is no token of ours."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.errors import InvalidInput
from runcast.domain.instance_secret import InstanceSecret
from runcast.domain.scopes import grants, parse_scope, parse_scopes
from runcast.domain.tokens import (
    AUDIENCE,
    ISSUER,
    LIFETIME_MAX_S,
    TOKEN_CHARS_MAX,
    TokenRefused,
    mint,
    read_token,
)
from tests.api.site import SECRET, Site

OURS = InstanceSecret(SECRET)
NOW_S = 1_800_000_000
GOOD = {"sub": "dev", "pub": True, "scopes": ["read:runs"], "iss": ISSUER, "aud": AUDIENCE, "iat": NOW_S}
SCOPES = st.sampled_from(
    ["read:runs:run_1", "read:runs", "read:tags:a", "write:tasks:hello", "trigger:tasks:hello", "write:waitpoints:w:1"]
)
RESOURCES = st.sampled_from(["runs:run_1", "runs:run_2", "runs", "tags:a", "tags", "tasks:hello", "waitpoints:w:1"])


def signed(claims: dict[str, Any], *, environment: str = "dev", algorithm: str = "HS256", **headers: Any) -> str:
    """A token with these claims, signed with the key of an environment."""
    return jwt.encode(claims, OURS.key(f"tokens:{environment}"), algorithm=algorithm, headers=headers or None)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@given(st.lists(SCOPES, min_size=1, max_size=4), st.sampled_from(["read", "write", "trigger"]), RESOURCES)
def test_a_token_grants_what_its_scopes_say_and_nothing_more(scopes: list[str], action: str, resource: str) -> None:
    token = mint(OURS, "dev", scopes, now_s=NOW_S, lifetime_s=60, id="token_1")
    read = read_token(OURS, token, now_s=NOW_S)
    said = any(parse_scope(scope).covers(action, resource) for scope in scopes)
    assert (read.environment, read.scopes) == ("dev", parse_scopes(scopes))
    assert grants(read.scopes, action, [resource]) == said


@given(st.data())
def test_a_token_that_is_altered_anywhere_is_refused(data: st.DataObject) -> None:
    token = mint(OURS, "dev", ["read:runs:run_1"], now_s=NOW_S, lifetime_s=60, id="token_1")
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCDEFabcdef0123456789-_.").filter(lambda one: one != token[place]))
    altered = token[:place] + other + token[place + 1 :]
    try:
        read = read_token(OURS, altered, now_s=NOW_S)
    except TokenRefused:
        return
    # The last character of a part has bits that mean nothing: what it says is the same.
    assert read == read_token(OURS, token, now_s=NOW_S)


@given(st.text(max_size=200) | st.text("eyJ.", max_size=50))
def test_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenRefused):
        read_token(OURS, text, now_s=NOW_S)


@pytest.mark.parametrize(
    "claims",
    [
        GOOD,
        GOOD | {"exp": NOW_S},
        GOOD | {"exp": NOW_S - 1},
        GOOD | {"exp": "9999999999"},
        GOOD | {"exp": True},
        GOOD | {"exp": 1e308},
        GOOD | {"exp": NOW_S + 60, "iat": NOW_S + 3_600},
        GOOD | {"exp": NOW_S + 60, "nbf": NOW_S + 3_600},
        GOOD | {"exp": NOW_S + 60, "pub": False},
        GOOD | {"exp": NOW_S + 60, "pub": 1},
        GOOD | {"exp": NOW_S + 60, "iss": "somebody"},
        GOOD | {"exp": NOW_S + 60, "aud": "somebody"},
        GOOD | {"exp": NOW_S + 60, "sub": "prod"},
        GOOD | {"exp": NOW_S + 60, "sub": None},
        GOOD | {"exp": NOW_S + 60, "sub": ["dev"]},
        GOOD | {"exp": NOW_S + 60, "scopes": "read:runs"},
        GOOD | {"exp": NOW_S + 60, "scopes": [1]},
        GOOD | {"exp": NOW_S + 60, "scopes": ["read:"]},
        GOOD | {"exp": NOW_S + 60, "scopes": ["read"] * 101},
        GOOD | {"exp": NOW_S + 60, "realtime": {"skipColumns": [1]}},
    ],
)
def test_a_token_with_claims_that_do_not_count_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused):
        read_token(OURS, signed(claims), now_s=NOW_S)


def test_a_token_without_a_signature_is_refused() -> None:
    claims = GOOD | {"exp": NOW_S + 60}
    for algorithm in ("none", "None", "NONE"):
        bare = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}."
        with pytest.raises(TokenRefused):
            read_token(OURS, bare, now_s=NOW_S)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_another_algorithm_is_refused_even_with_our_key() -> None:
    with pytest.raises(TokenRefused):
        read_token(OURS, signed(GOOD | {"exp": NOW_S + 60}, algorithm="HS384"), now_s=NOW_S)


def test_an_extension_that_must_be_understood_is_refused() -> None:
    with pytest.raises(TokenRefused):
        read_token(OURS, signed(GOOD | {"exp": NOW_S + 60}, crit=["mystery"], mystery=1), now_s=NOW_S)


def test_nesting_without_end_is_refused() -> None:
    body = base64.urlsafe_b64encode(b"[" * 6_000).decode()
    with pytest.raises(TokenRefused):
        read_token(OURS, f"{part({'alg': 'HS256'})}.{body}.x", now_s=NOW_S)


def test_a_huge_token_is_refused_unread_and_never_minted() -> None:
    with pytest.raises(TokenRefused):
        read_token(OURS, "a." * TOKEN_CHARS_MAX + "b", now_s=NOW_S)
    with pytest.raises(InvalidInput, match="characters"):
        mint(OURS, "dev", [f"read:runs:{'x' * 2_000}"] * 20, now_s=NOW_S, lifetime_s=60, id="token_1")


@pytest.mark.parametrize("lifetime_s", [0, -1, LIFETIME_MAX_S + 1])
def test_no_token_lives_for_longer_than_thirty_days(lifetime_s: int) -> None:
    with pytest.raises(InvalidInput, match="30 days"):
        mint(OURS, "dev", ["read:runs"], now_s=NOW_S, lifetime_s=lifetime_s, id="token_1")


def test_environments_do_not_sign_for_each_other() -> None:
    """Whoever has the key of one environment names another one in vain."""
    with pytest.raises(TokenRefused):
        read_token(OURS, signed(GOOD | {"exp": NOW_S + 60, "sub": "prod"}, environment="dev"), now_s=NOW_S)


# --- over HTTP


async def test_the_claims_of_an_environment_name_it(site: Site) -> None:
    assert await site.post("/api/v1/auth/jwt/claims") == {"sub": "dev", "pub": True}


@pytest.mark.parametrize("expiration", ["15m", "2 hours", "1 day", "30d", None])
async def test_a_token_is_created_and_reads_what_it_says(site: Site, expiration: str | None) -> None:
    run = await site.run("hello")
    asked = {"scopes": [f"read:runs:{run['id']}"]} | ({"expirationTime": expiration} if expiration else {})
    token = (await site.post("/api/v1/auth/public-tokens", asked))["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await site.get(f"/api/v3/runs/{run['id']}", headers=headers))["output"] == "hello world"
    other = await site.run("hello")
    assert (await site.http.get(f"/api/v3/runs/{other['id']}", headers=headers)).status_code == 403
    assert (await site.http.post("/api/v1/tasks/hello/trigger", json={}, headers=headers)).status_code == 403


async def test_lifetimes_are_also_dates_and_seconds_since_1970(site: Site) -> None:
    at_s = site.engine.clock.now_ms() // 1000 + 600
    for expiration in (at_s, "2030-01-01T00:00:00Z" if at_s > 1_890_000_000 else "2999-01-01T00:00:00Z"):
        asked = {"scopes": ["read:runs"], "expirationTime": expiration}
        answer = await site.http.post("/api/v1/auth/public-tokens", json=asked)
        assert answer.status_code == (200 if expiration == at_s else 400)


async def test_older_clients_create_a_token_their_way(site: Site) -> None:
    asked = {"claims": {"scopes": ["read:runs"]}, "expirationTime": "1hr"}
    token = (await site.post("/api/v1/auth/jwt", asked))["token"]
    me = await site.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (me["environment"], me["scopes"]) == ("dev", ["read:runs"])


@pytest.mark.parametrize(
    "asked",
    [
        {"scopes": []},
        {"scopes": ["read:"]},
        {"scopes": ["read:runs"], "expirationTime": "31d"},
        {"scopes": ["read:runs"], "expirationTime": "0s"},
        {"scopes": ["read:runs"], "expirationTime": "soon"},
        {"scopes": ["read:runs"], "expirationTime": -1},
        {"scopes": ["read:runs"], "expirationTime": 1e308},
        {"scopes": "read:runs"},
        {},
    ],
)
async def test_a_token_that_makes_no_sense_is_not_created(site: Site, asked: dict[str, Any]) -> None:
    answer = await site.http.post("/api/v1/auth/public-tokens", json=asked)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


async def test_a_token_never_makes_another_one(site: Site) -> None:
    for path, asked in (
        ("/api/v1/auth/public-tokens", {"scopes": ["read:runs"]}),
        ("/api/v1/auth/jwt", {"claims": {"scopes": ["read:runs"]}}),
        ("/api/v1/auth/jwt/claims", None),
    ):
        answer = await site.http.post(path, json=asked, headers=site.bearer("admin"))
        assert answer.status_code == 403, answer.text


async def test_a_viewers_key_grants_reading_only(site: Site) -> None:
    key = (await site.post("/api/v1/keys", {"name": "board", "role": "viewer"}))["key"]
    headers = {"Authorization": f"Bearer {key}"}
    for scope, status in (
        ("read:runs", 200),
        ("trigger:tasks:hello", 403),
        ("write:runs", 403),
        ("admin", 403),
        ("*", 403),
    ):
        answer = await site.http.post("/api/v1/auth/public-tokens", json={"scopes": [scope]}, headers=headers)
        assert answer.status_code == status, scope


async def test_a_token_that_is_expired_says_so(site: Site) -> None:
    now_s = site.engine.clock.now_ms() // 1000
    answer = await site.http.get("/api/v1/runs", headers=site.bearer("read:runs", now_s=now_s - 100, lifetime_s=50))
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_expired"


async def test_a_token_of_another_environment_sees_nothing_of_this_one(site: Site) -> None:
    run = await site.run("hello")
    answer = await site.http.get(f"/api/v3/runs/{run['id']}", headers=site.bearer("admin", environment="prod"))
    assert answer.status_code == 404


async def test_the_python_client_creates_a_token_too(site: Site) -> None:
    from runcast.sdk.client import Client

    run = await site.run("hello")
    async with Client(gateway=site.engine) as client:
        token = await client.create_public_token(f"read:runs:{run['id']}", expires="5m")
    headers = {"Authorization": f"Bearer {token}"}
    assert (await site.http.get(f"/api/v3/runs/{run['id']}", headers=headers)).status_code == 200
