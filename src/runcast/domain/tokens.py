"""Public tokens: signed claims with scopes and an end, for browsers (JWT, HS256).

Issuer, audience and claims are those that the official clients write and read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jwt
import msgspec

from runcast.domain.errors import InvalidInput
from runcast.domain.instance_secret import InstanceSecret
from runcast.domain.scopes import Scope, parse_scopes

ISSUER = "https://id.trigger.dev"
AUDIENCE = "https://api.trigger.dev"
ALGORITHM = "HS256"
LIFETIME_MAX_S = 30 * 86_400
SKEW_S = 60
"""How far the clock of another server of the instance may be ahead."""
TOKEN_CHARS_MAX = 16_384
COLUMNS_MAX = 50


class TokenRefused(ValueError):
    """Why a token is not accepted; `expired`: it was good until its end."""

    def __init__(self, reason: str, *, expired: bool = False) -> None:
        super().__init__(reason)
        self.expired = expired


class Claims(msgspec.Struct, frozen=True):
    """What a token that was read says."""

    environment: str
    scopes: tuple[Scope, ...]
    id: str
    """By which it is revoked; empty for one that names none."""
    expires_s: int
    once: bool = False
    skip_columns: tuple[str, ...] = ()


def looks_like_token(bearer: str) -> bool:
    """Three parts with dots between: no key looks like that."""
    return bearer.count(".") == 2


def token_claims(environment: str, scopes: Sequence[str], *, skip_columns: Sequence[str] = ()) -> dict[str, Any]:
    """What a token of these scopes says, without its times."""
    realtime = {"realtime": {"skipColumns": list(skip_columns)}} if skip_columns else {}
    return {"sub": environment, "pub": True, "scopes": list(scopes), **realtime}


def mint(
    secret: InstanceSecret,
    environment: str,
    scopes: Sequence[str],
    *,
    now_s: int,
    lifetime_s: int,
    id: str,
    once: bool = False,
    skip_columns: Sequence[str] = (),
) -> str:
    """A token; `once` makes it one for a single trigger, and no other token has its `id`. Raises `InvalidInput` for scopes that are none and for lifetimes over 30 days."""
    if not parse_scopes(scopes):
        raise InvalidInput("a public token needs at least one scope, such as read:runs:run_…")
    if not 0 < lifetime_s <= LIFETIME_MAX_S:
        raise InvalidInput(f"a public token lives for up to 30 days, got {lifetime_s} seconds")
    if len(skip_columns) > COLUMNS_MAX:
        raise InvalidInput(f"a public token leaves out at most {COLUMNS_MAX} columns, got {len(skip_columns)}")
    claims = token_claims(environment, scopes, skip_columns=skip_columns) | ({"otu": True} if once else {})
    claims["jti"] = id
    times = {"iss": ISSUER, "aud": AUDIENCE, "iat": now_s, "exp": now_s + lifetime_s}
    token = jwt.encode(claims | times, _key(secret, environment), algorithm=ALGORITHM)
    if len(token) > TOKEN_CHARS_MAX:
        raise InvalidInput(f"the token would have {len(token):,} characters, at most {TOKEN_CHARS_MAX:,} are read")
    return token


def read_token(secret: InstanceSecret, token: str, *, now_s: int) -> Claims:
    """What the token says. Raises `TokenRefused` for one that is expired, altered, or of somebody else."""
    if len(token) > TOKEN_CHARS_MAX:
        raise TokenRefused("it is too long")
    try:
        # Each environment has its own key, so whoever names another one cannot have signed for it.
        environment = jwt.decode(token, options={"verify_signature": False}).get("sub")
        if not isinstance(environment, str):
            raise TokenRefused("it names no environment")
        claims = jwt.decode(
            token,
            _key(secret, environment),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            # Its times are compared with the engine's clock, below.
            options={"require": ["exp", "sub"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise TokenRefused(
            str(error) if isinstance(error, jwt.InvalidTokenError | TokenRefused) else "it is malformed"
        ) from error
    _check_times(claims, now_s)
    return _claims(environment, claims)


def _check_times(claims: dict[str, Any], now_s: int) -> None:
    times = [claims["exp"], claims.get("iat", 0), claims.get("nbf", 0)]
    if claims.get("pub") is not True or not all(type(time) is int for time in times):
        raise TokenRefused("it is no public token")
    if claims["exp"] <= now_s:
        raise TokenRefused("it has expired", expired=True)
    if max(times[1:]) > now_s + SKEW_S:
        raise TokenRefused("it is of the future")


def _claims(environment: str, claims: dict[str, Any]) -> Claims:
    scopes, id = claims.get("scopes", []), claims.get("jti", "")
    realtime = claims.get("realtime")
    columns = realtime.get("skipColumns", ()) if isinstance(realtime, dict) else ()
    if not (_are_texts(scopes) and _are_texts(columns) and _are_texts([id]) and len(columns) <= COLUMNS_MAX):
        raise TokenRefused("its claims are malformed")
    try:
        parsed = parse_scopes(scopes)
        return Claims(environment, parsed, id, claims["exp"], claims.get("otu") is True, tuple(columns))
    except InvalidInput as error:
        raise TokenRefused(str(error)) from error


def _are_texts(values: object) -> bool:
    return isinstance(values, list | tuple) and all(isinstance(value, str) for value in values)


def _key(secret: InstanceSecret, environment: str) -> bytes:
    return secret.key(f"tokens:{environment}")
