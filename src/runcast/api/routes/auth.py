"""Public tokens, and people who sign in and out."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from runcast.api.auth import Connection, address_of
from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.api.own_pages import is_of_own_page
from runcast.api.sign_in import COOKIE
from runcast.api.trigger import read_date, read_duration
from runcast.domain.access import NewToken, Role
from runcast.domain.errors import InvalidInput
from runcast.domain.scopes import parse_scopes
from runcast.sdk.fresh_ids import fresh_id
from runcast.store.people import SIGN_IN_MS

DEFAULT_LIFETIME_MS = 15 * 60_000
SIGN_IN_BYTES_MAX = 16 * 1024
"""Of strangers: who they are, and a password, is all that they have to say."""
SECONDS_MAX = 2**53
"""What a number can say to the second."""
_SPOKEN = re.compile(
    r"(\d{1,9}(?:\.\d{1,3})?) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)", re.ASCII
)
"""How the official clients may say a lifetime."""
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


# --- public tokens


class ClaimsView(msgspec.Struct, frozen=True):
    """What a token of this environment says."""

    sub: str
    pub: bool = True


class RealtimeOption(msgspec.Struct, frozen=True):
    skip_columns: tuple[str, ...] = msgspec.field(default=(), name="skipColumns")


class PublicTokenBody(msgspec.Struct, frozen=True, rename="camel"):
    """A token that is asked for. `expirationTime`: a duration such as `1h`, a date, or the end in seconds since 1970."""

    scopes: tuple[str, ...]
    expiration_time: str | int | float | None = None
    one_time_use: bool = False
    realtime: RealtimeOption | None = None
    name: str = ""
    """What it is for: tokens of one name are revoked together."""


class ClaimsBody(msgspec.Struct, frozen=True):
    scopes: tuple[str, ...] = ()


class JwtBody(msgspec.Struct, frozen=True, rename="camel"):
    """A token in the way of older clients."""

    claims: ClaimsBody | None = None
    expiration_time: str | int | float | None = None


class TokenView(msgspec.Struct, frozen=True):
    token: str


@post("/api/v1/auth/jwt/claims", status_code=200, tags=["Tokens"], summary="What tokens of this environment say")
async def claims(caller: Caller) -> ClaimsView:
    """For clients that add their scopes to it; the server signs what they get."""
    caller.require("read")
    return ClaimsView(caller.environment)


@post("/api/v1/auth/public-tokens", status_code=200, tags=["Tokens"], summary="Create a public token")
async def create_public_token(data: PublicTokenBody, api: Api, caller: Caller) -> TokenView:
    """A token for a browser: it may do what its scopes say, and nothing that its maker may not."""
    columns = () if data.realtime is None else data.realtime.skip_columns
    asked = NewToken(
        fresh_id("token"), data.scopes, caller.environment, once=data.one_time_use, skip_columns=columns, name=data.name
    )
    return TokenView(await _mint(api, caller, asked, data.expiration_time))


@post("/api/v1/auth/jwt", status_code=200, tags=["Tokens"], summary="Create a public token (older clients)")
async def create_jwt(data: JwtBody, api: Api, caller: Caller) -> TokenView:
    """The same as `POST /api/v1/auth/public-tokens`."""
    scopes = () if data.claims is None else data.claims.scopes
    asked = NewToken(fresh_id("token"), scopes, caller.environment)
    return TokenView(await _mint(api, caller, asked, data.expiration_time))


async def _mint(api: Api, caller: Caller, asked: NewToken, until: str | float | None) -> str:
    # No resource: a public token never makes another one.
    caller.require("read")
    if not caller.may_grant(parse_scopes(asked.scopes)):
        raise Refused(403, f"Unauthorized: the role {caller.role} may grant scopes that read only")
    lifetime_ms = DEFAULT_LIFETIME_MS if until is None else _lifetime_ms(until, api.now_ms())
    return await api.engine.create_public_token(replace(asked, lifetime_ms=lifetime_ms, made_by=caller.name))


def _lifetime_ms(until: str | float, now_ms: int) -> int:
    if not isinstance(until, str):
        if abs(until) > SECONDS_MAX:
            raise InvalidInput(f"expirationTime is in seconds since 1970, got {until:g}")
        # As the libraries of the official clients read it: an absolute time.
        return round(until * 1000) - now_ms
    if until[:4].isdigit() and until[4:5] == "-":
        return read_date(until, "expirationTime") - now_ms
    if spoken := _SPOKEN.fullmatch(until.strip().lower()):
        return round(float(spoken[1]) * _UNIT_MS[spoken[2][0]])
    return read_duration(until, "expirationTime")


# --- people


class SignInBody(msgspec.Struct, frozen=True):
    """Who one is, and how one shows it."""

    email: str
    password: str


class PasswordBody(msgspec.Struct, frozen=True):
    """Another password for oneself."""

    current: str
    password: str


class MeView(msgspec.Struct, frozen=True, rename="camel"):
    """Who asks, and what they may do where."""

    name: str
    environment: str
    everywhere: bool
    """Whether another environment can be named: by the header `x-runcast-environment`."""
    role: Role | UnsetType = UNSET
    """Absent for public tokens, which may do what their scopes say."""
    scopes: tuple[str, ...] | UnsetType = UNSET
    person_id: str | UnsetType = UNSET


@post(
    "/api/v1/auth/sign-in",
    opt={"open": True},
    status_code=200,
    request_max_body_size=SIGN_IN_BYTES_MAX,
    tags=["People"],
    summary="Sign in",
)
async def sign_in(data: SignInBody, request: Request[Any, Any, Any], api: Api) -> Response[MeView]:
    """Answers with a cookie that scripts cannot read."""
    _check_own_page(api, request)
    instead_of = request.cookies.get(COOKIE)
    person, held = await api.sign_ins.sign_in(
        data.email, data.password, address=address_of(request), instead_of=instead_of
    )
    me = MeView(person.email, api.settings.environment, everywhere=True, role=person.role, person_id=person.id)
    return Response(me, cookies=[_cookie(api, request, held, max_age_s=SIGN_IN_MS // 1000)])


@post("/api/v1/auth/sign-out", opt={"open": True}, status_code=200, tags=["People"], summary="Sign out")
async def sign_out(request: Request[Any, Any, Any], api: Api) -> Response[dict[str, bool]]:
    """The cookie admits no more, wherever it was copied to."""
    _check_own_page(api, request)
    held = request.cookies.get(COOKIE)
    if held:
        await api.sign_ins.sign_out(held)
    return Response({"success": True}, cookies=[_cookie(api, request, "", max_age_s=0)])


@get("/api/v1/me", tags=["People"], summary="Who asks")
async def show_me(caller: Caller) -> MeView:
    """For pages: who is signed in. For programs: whether a key admits, and to what."""
    scopes = tuple(":".join(part for part in (one.action, one.type, one.id) if part) for one in caller.scopes)
    return MeView(
        caller.name,
        caller.environment,
        everywhere=caller.everywhere,
        role=caller.role or UNSET,
        scopes=scopes if caller.role is None else UNSET,
        person_id=caller.person_id or UNSET,
    )


@post("/api/v1/me/password", status_code=200, tags=["People"], summary="Change one's password")
async def change_password(
    data: PasswordBody, request: Request[Any, Any, Any], api: Api, caller: Caller
) -> dict[str, bool]:
    """Every other sign-in of the same person ends."""
    if caller.person_id is None:
        raise Refused(403, "Unauthorized: only who signed in has a password", code="unauthorized")
    held = request.cookies.get(COOKIE, "")
    await api.sign_ins.change_password(caller.person_id, data.current, data.password, cookie=held)
    return {"success": True}


def _check_own_page(api: Api, request: Connection) -> None:
    """Nobody is signed in, as somebody else, by a page of another origin."""
    asked = request.headers.get("origin") or request.headers.get("sec-fetch-site")
    if asked and not is_of_own_page(api.base_url, request):
        raise Refused(403, "A page of another origin may not sign in or out here", code="cross_origin")


def _cookie(api: Api, request: Connection, held: str, *, max_age_s: int) -> Cookie:
    secure = api.base_url.startswith("https://") or request.scope["scheme"] == "https"
    return Cookie(key=COOKIE, value=held, max_age=max_age_s, httponly=True, samesite="lax", secure=secure)


ROUTES = [claims, create_public_token, create_jwt, sign_in, sign_out, show_me, change_password]
