"""The engine's door to keys, people, public tokens and environment variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runcast.domain.access import ApiKey, NewKey, NewPerson, NewToken, Person, PersonChange, PublicToken, Revocation
from runcast.engine.access_desk import AccessDesk


class Access:
    """`AccessGateway` over a desk."""

    access: AccessDesk

    async def add_key(self, new: NewKey) -> ApiKey:
        return await self.access.add_key(new)

    async def list_keys(self, environment: str | None = None) -> Sequence[ApiKey]:
        return await self.access.list_keys(environment)

    async def revoke_key(self, key_id: str) -> ApiKey:
        return await self.access.revoke_key(key_id)

    async def rotate_key(self, key_id: str, new: NewKey, *, overlap_ms: int) -> ApiKey:
        return await self.access.rotate_key(key_id, new, overlap_ms)

    async def create_public_token(self, new: NewToken) -> str:
        return await self.access.create_public_token(new)

    async def list_public_tokens(self, environment: str) -> Sequence[PublicToken]:
        return await self.access.list_public_tokens(environment)

    async def revoke_public_tokens(self, revocation: Revocation) -> int:
        return await self.access.revoke_public_tokens(revocation)

    async def add_person(self, new: NewPerson) -> Person:
        return await self.access.add_person(new)

    async def list_people(self) -> Sequence[Person]:
        return await self.access.list_people()

    async def change_person(self, person: str, change: PersonChange) -> Person:
        return await self.access.change_person(person, change)

    async def variables(self, environment: str) -> Mapping[str, str]:
        return await self.access.variables(environment)
