"""The part of the seam that is about access: keys, people, public tokens, and what workers find in their environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from runcast.domain.access import ApiKey, NewKey, NewPerson, NewToken, Person, PersonChange, PublicToken, Revocation


class AccessGateway(Protocol):
    """Access to the HTTP API. Whoever has this gateway is trusted with everything. Every method may raise `Unavailable`,
    `InvalidInput`, and `NotFound` for an id of none."""

    async def add_key(self, new: NewKey) -> ApiKey:
        """Admit a key. The engine learns only its digest: the caller made it, and shows it once."""
        ...

    async def list_keys(self, environment: str | None = None) -> Sequence[ApiKey]: ...
    async def revoke_key(self, key_id: str) -> ApiKey: ...
    async def rotate_key(self, key_id: str, new: NewKey, *, overlap_ms: int) -> ApiKey:
        """Admit `new` in its place, with its name, role and environment; it admits for `overlap_ms` more."""
        ...

    async def create_public_token(self, new: NewToken) -> str:
        """A token for browsers, signed with the instance's secret."""
        ...

    async def list_public_tokens(self, environment: str) -> Sequence[PublicToken]:
        """Those that were asked for and have not ended, newest first: not those that come with a trigger."""
        ...

    async def revoke_public_tokens(self, revocation: Revocation) -> int:
        """How many admit nobody any more that did before. Raises `NotFound` for an id of none."""
        ...

    async def add_person(self, new: NewPerson) -> Person: ...
    async def list_people(self) -> Sequence[Person]: ...
    async def change_person(self, person: str, change: PersonChange) -> Person:
        """`person`: an id or an e-mail address."""
        ...

    async def variables(self, environment: str) -> Mapping[str, str]:
        """The environment variables of the workers of an environment, readable."""
        ...
