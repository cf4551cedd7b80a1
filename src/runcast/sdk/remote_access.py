"""Keys, people, public tokens and environment variables over a socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runcast.domain.access import ApiKey, NewKey, NewPerson, NewToken, Person, PersonChange, PublicToken, Revocation


class RemoteAccess:
    """`AccessGateway` for whoever can ask."""

    async def _ask(self, name: str, *arguments: object) -> Any:
        raise NotImplementedError

    async def add_key(self, new: NewKey) -> ApiKey:
        made: ApiKey = await self._ask("add_key", new)
        return made

    async def list_keys(self, environment: str | None = None) -> Sequence[ApiKey]:
        found: Sequence[ApiKey] = await self._ask("list_keys", environment)
        return found

    async def revoke_key(self, key_id: str) -> ApiKey:
        revoked: ApiKey = await self._ask("revoke_key", key_id)
        return revoked

    async def rotate_key(self, key_id: str, new: NewKey, *, overlap_ms: int) -> ApiKey:
        made: ApiKey = await self._ask("rotate_key", key_id, new, overlap_ms)
        return made

    async def create_public_token(self, new: NewToken) -> str:
        token: str = await self._ask("create_public_token", new)
        return token

    async def list_public_tokens(self, environment: str) -> Sequence[PublicToken]:
        found: Sequence[PublicToken] = await self._ask("list_public_tokens", environment)
        return found

    async def revoke_public_tokens(self, revocation: Revocation) -> int:
        revoked: int = await self._ask("revoke_public_tokens", revocation)
        return revoked

    async def add_person(self, new: NewPerson) -> Person:
        made: Person = await self._ask("add_person", new)
        return made

    async def list_people(self) -> Sequence[Person]:
        found: Sequence[Person] = await self._ask("list_people")
        return found

    async def change_person(self, person: str, change: PersonChange) -> Person:
        changed: Person = await self._ask("change_person", person, change)
        return changed

    async def variables(self, environment: str) -> Mapping[str, str]:
        found: Mapping[str, str] = await self._ask("variables", environment)
        return found
