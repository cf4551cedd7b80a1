"""Who asks: an API key, a public token, a person who signed in, or a program on this machine in `runcast dev`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.api.errors import Refused
from runcast.domain.access import Role
from runcast.domain.scopes import Scope, grants

_ORDER = tuple(Role)
_NEEDED = {"read": Role.VIEWER, "admin": Role.ADMIN}


class Caller(msgspec.Struct, frozen=True):
    """Who asks, and where: everything a caller sees and does is in one environment."""

    environment: str
    role: Role | None = None
    """None: a public token, which may do what its scopes say."""
    scopes: tuple[Scope, ...] = ()
    name: str = ""
    """For people: a key's name, a person's e-mail address."""
    everywhere: bool = False
    """People and programs of this machine: they say with each request where they are."""
    person_id: str | None = None
    """Who signed in."""
    key_id: str | None = None
    token: str = ""
    """Digest of a token that may be used once."""
    token_id: str = ""
    """Of a public token: by it the token is revoked."""
    skip_columns: tuple[str, ...] = ()
    """What a public token leaves out of realtime rows."""

    def may(self, action: str, resources: Sequence[str] = ()) -> bool:
        """Whether the caller may do this to any of the resources."""
        if self.role is None:
            return grants(self.scopes, action, resources)
        return _ORDER.index(self.role) >= _ORDER.index(_NEEDED.get(action, Role.OPERATOR))

    def may_grant(self, scopes: Sequence[Scope]) -> bool:
        """Whether a token may say this: nobody gives away more than they have."""
        return all(
            self.role is not None and self.may("read" if scope.action == "read" else "write") for scope in scopes
        )

    def require(self, action: str, *resources: str) -> None:
        """Raises a 403 when the caller may not. Without resources: public tokens never may."""
        if self.may(action, resources):
            return
        wanted = " or ".join(f"{action}:{resource}" for resource in resources)
        raise Refused(
            403,
            f"Unauthorized: this needs the scope {wanted}" if resources and self.role is None
            else f"Unauthorized: this needs a secret key with the role {_NEEDED.get(action, Role.OPERATOR)}",
            code="unauthorized",
            param="access_token",
        )  # fmt: skip
