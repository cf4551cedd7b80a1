"""Public tokens at the door of the API: minted for callers, and read as callers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from runcast.api.caller import Caller
from runcast.api.errors import Refused
from runcast.domain import tokens
from runcast.domain.instance_secret import InstanceSecret
from runcast.sdk.fresh_ids import fresh_id

HANDLE_LIFETIME_S = 3_600
"""Of the token that comes with a trigger."""


class Tokens:
    """Mints and reads the tokens of an instance; each environment has a key of its own."""

    def __init__(self, secret: InstanceSecret) -> None:
        self._secret = secret

    def claims(self, environment: str, scopes: Sequence[str], *, skip_columns: Sequence[str] = ()) -> dict[str, Any]:
        """What a token of these scopes says, without its times."""
        return tokens.token_claims(environment, scopes, skip_columns=skip_columns)

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
        """A token that is listed nowhere. Raises `InvalidInput` for scopes that are none and for lifetimes over 30 days."""
        return tokens.mint(
            self._secret,
            environment,
            scopes,
            now_s=now_s,
            lifetime_s=lifetime_s,
            id=fresh_id("token"),
            once=once,
            skip_columns=skip_columns,
        )

    def read(self, token: str, *, now_s: int) -> Caller:
        """Who has the token. Raises a 401 for one that is expired, altered, or of somebody else."""
        try:
            claims = tokens.read_token(self._secret, token, now_s=now_s)
        except tokens.TokenRefused as error:
            if error.expired:
                raise Refused(401, "Public token has expired", code="token_expired") from error
            raise Refused(401, f"Invalid public token: {error}") from error
        digest = hashlib.sha256(token.encode()).hexdigest() if claims.once else ""
        return Caller(
            claims.environment,
            scopes=claims.scopes,
            name="public token",
            token=digest,
            token_id=claims.id,
            skip_columns=claims.skip_columns,
        )
