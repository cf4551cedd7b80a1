"""Public tokens: signed claims with scopes and an end, for browsers (JWT, HS256).

Issuer, audience and claims are those that the official clients write and read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import jwt

from runcast.api.caller import Caller
from runcast.api.errors import Refused
from runcast.api.instance_secret import InstanceSecret
from runcast.domain.errors import InvalidInput
from runcast.domain.scopes import parse_scopes

ISSUER = "https://id.trigger.dev"
AUDIENCE = "https://api.trigger.dev"
ALGORITHM = "HS256"
LIFETIME_MAX_S = 30 * 86_400
HANDLE_LIFETIME_S = 3_600
"""Of the token that comes with a trigger."""
TOKEN_CHARS_MAX = 16_384
COLUMNS_MAX = 50


def looks_like_token(bearer: str) -> bool:
    """Three parts with dots between: no key looks like that."""
    return bearer.count(".") == 2


class Tokens:
    """Mints and reads the tokens of an instance; each environment has a key of its own."""

    def __init__(self, secret: InstanceSecret) -> None:
        self._secret = secret

    def claims(self, environment: str, scopes: Sequence[str], *, skip_columns: Sequence[str] = ()) -> dict[str, Any]:
        """What a token of these scopes says, without its times."""
        realtime = {"realtime": {"skipColumns": list(skip_columns)}} if skip_columns else {}
        return {"sub": environment, "pub": True, "scopes": list(scopes), **realtime}

    def mint(
        self,
        environment: str,
        scopes: Sequence[str],
        *,
        now_s: int,
        lifetime_s: int = HANDLE_LIFETIME_S,
        once: bool = False,
        skip_columns: Sequence[str] = (),
    ) -> str:
        """A token. Raises `InvalidInput` for scopes that are none and for lifetimes over 30 days."""
        parse_scopes(scopes)
        if not 0 < lifetime_s <= LIFETIME_MAX_S:
            raise InvalidInput(f"a public token lives for up to 30 days, got {lifetime_s} seconds")
        claims = self.claims(environment, scopes, skip_columns=skip_columns) | ({"otu": True} if once else {})
        times = {"iss": ISSUER, "aud": AUDIENCE, "iat": now_s, "exp": now_s + lifetime_s}
        return jwt.encode(claims | times, self._key(environment), algorithm=ALGORITHM)

    def read(self, token: str, *, now_s: int) -> Caller:
        """Who has the token. Raises a 401 for one that is expired, altered, or of somebody else."""
        if len(token) > TOKEN_CHARS_MAX:
            raise Refused(401, "Invalid public token: it is too long")
        try:
            unverified = jwt.decode(token, options={"verify_signature": False})
            environment = str(unverified.get("sub", ""))
            claims = jwt.decode(
                token,
                self._key(environment),
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # Its times are compared with the engine's clock, below.
                options={"require": ["exp", "sub"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except (jwt.InvalidTokenError, ValueError) as error:
            raise Refused(401, f"Invalid public token: {error}") from error
        if claims.get("pub") is not True or not isinstance(claims["exp"], int | float):
            raise Refused(401, "Invalid public token: it says no end, or is no public one")
        if claims["exp"] <= now_s:
            raise Refused(401, "Public token has expired", code="token_expired")
        return _caller(token, environment, claims)

    def _key(self, environment: str) -> bytes:
        return self._secret.key(f"tokens:{environment}")


def _caller(token: str, environment: str, claims: dict[str, Any]) -> Caller:
    scopes = claims.get("scopes", [])
    realtime = claims.get("realtime")
    columns = realtime.get("skipColumns", ()) if isinstance(realtime, dict) else ()
    if not (_are_texts(scopes) and _are_texts(columns) and len(columns) <= COLUMNS_MAX):
        raise Refused(401, "Invalid public token: its claims are malformed")
    digest = hashlib.sha256(token.encode()).hexdigest() if claims.get("otu") is True else ""
    return Caller(
        environment, scopes=parse_scopes(scopes), name="public token", token=digest, skip_columns=tuple(columns)
    )


def _are_texts(values: object) -> bool:
    return isinstance(values, list | tuple) and all(isinstance(value, str) for value in values)
