"""Rows that admit somebody: what the store and the door see of keys, sign-ins and environment variables."""

from __future__ import annotations

import msgspec

from runcast.domain.access import Role


class LiveKey(msgspec.Struct, frozen=True):
    """A key that admits, with the digest by which it is found."""

    digest: str
    id: str
    environment: str
    role: Role
    name: str
    expires_at: int | None
    used_at: int | None


class SignedIn(msgspec.Struct, frozen=True):
    """A person with a sign-in that counts."""

    id: str
    email: str
    name: str
    role: Role
    used_at: int


class VariableRow(msgspec.Struct, frozen=True):
    """An environment variable as it is kept: encrypted."""

    name: str
    value: str
    is_secret: bool


class RevokedToken(msgspec.Struct, frozen=True):
    """A public token that admits nobody any more."""

    id: str
