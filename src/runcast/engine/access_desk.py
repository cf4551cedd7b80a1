"""What clients and the HTTP API ask of keys, people, tokens and environment variables: checked at the door, and stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from runcast.domain.access import (
    ApiKey,
    NewKey,
    NewPerson,
    NewToken,
    Person,
    PersonChange,
    Project,
    PublicToken,
    Revocation,
    Variable,
    check_email,
    check_environment,
    check_name,
    check_person_name,
    check_project,
    check_token_name,
    check_variable,
    split_environment,
)
from runcast.domain.errors import InvalidInput, Unavailable
from runcast.domain.instance_secret import InstanceSecret
from runcast.store import keys, people, projects, public_tokens, variables
from runcast.store.access_rows import LiveKey, VariableRow
from runcast.store.script import Script
from runcast.store.secrets import instance_secret
from runcast.store.store import Store

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

log = logging.getLogger("runcast")

SECRET_CHARS_MIN = 32
OVERLAP_MS_MAX = 90 * 86_400_000
"""How long a key that was replaced may go on."""
_DIGEST_CHARS = 64


class AccessDesk:
    """Access to the HTTP API of one instance. `secret`: what signs and encrypts; empty: the one that the database keeps,
    which `fresh_secret` begins."""

    def __init__(self, store: Store, *, secret: str = "", fresh_secret: Callable[[], str] | None = None) -> None:
        if secret and len(secret) < SECRET_CHARS_MIN:
            raise InvalidInput(f"the setting `secret` needs {SECRET_CHARS_MIN} random characters or more")
        self._store = store
        self._given = secret
        self._fresh = fresh_secret
        self._secret: InstanceSecret | None = None
        self._fernets: dict[str, Fernet] = {}
        self.changes = 0
        """Rises whenever who may enter has changed through this desk."""

    async def secret(self) -> InstanceSecret:
        """The secret of the instance."""
        if self._secret is None:
            self._secret = InstanceSecret(self._given or await self._kept_secret())
        return self._secret

    async def _kept_secret(self) -> str:
        if self._fresh is None:
            raise Unavailable("this engine has no secret to sign with: give it the setting `secret`")
        return await self._store.write(partial(instance_secret, self._fresh()))

    # --- keys

    async def add_key(self, new: NewKey) -> ApiKey:
        check_name(new.name, "key")
        _check_key(new)
        await self._check_environment(new.environment)
        made = await self._store.write(partial(keys.add_key, new, self._now()))
        self.changes += 1
        return made

    async def list_keys(self, environment: str | None = None) -> Sequence[ApiKey]:
        return await self._store.read(partial(keys.list_keys, environment))

    async def live_keys(self) -> Sequence[LiveKey]:
        return await self._store.read(partial(keys.live_keys, self._now()))

    async def revoke_key(self, key_id: str, environment: str | None = None) -> ApiKey:
        revoked = await self._store.write(partial(keys.revoke_key, key_id, self._now(), environment))
        self.changes += 1
        return revoked

    async def rotate_key(self, key_id: str, new: NewKey, overlap_ms: int, environment: str | None = None) -> ApiKey:
        _check_key(new)
        if not 0 <= overlap_ms <= OVERLAP_MS_MAX:
            raise InvalidInput("a key that is replaced goes on for up to 90 days")
        script = partial(keys.rotate_key, key_id, new, overlap_ms, self._now(), environment)
        made = await self._store.write(script)
        self.changes += 1
        return made

    async def key_was_used(self, key_id: str) -> None:
        await self._store.write(partial(keys.key_was_used, key_id, self._now()), lazy=True)

    # --- public tokens

    async def create_public_token(self, new: NewToken) -> str:
        from runcast.domain import tokens  # slow to import, as is what encrypts below, and most engines need neither

        await self._check_environment(new.environment)
        check_token_name(new.name)
        now, lifetime_s = self._now(), new.lifetime_ms // 1000
        token = tokens.mint(
            await self.secret(),
            new.environment,
            new.scopes,
            now_s=now // 1000,
            lifetime_s=lifetime_s,
            id=new.id,
            once=new.once,
            skip_columns=new.skip_columns,
        )
        await self._store.write(partial(public_tokens.note_token, new, now, (now // 1000 + lifetime_s) * 1000))
        return token

    async def list_public_tokens(self, environment: str) -> Sequence[PublicToken]:
        return await self._store.read(partial(public_tokens.list_tokens, environment, self._now()))

    async def revoked_tokens(self) -> frozenset[str]:
        """Ids of public tokens that were revoked before their end."""
        return await self._store.read(partial(public_tokens.revoked_tokens, self._now()))

    async def revoke_public_tokens(self, revocation: Revocation) -> int:
        environment = check_environment(revocation.environment)
        if [bool(revocation.id), bool(revocation.token), bool(revocation.name)].count(True) != 1:
            raise InvalidInput("say which public tokens: one by its id or its text, or all of a name")
        if revocation.token:
            script = await self._revoke_text(environment, revocation.token)
        elif revocation.id:
            script = partial(public_tokens.revoke_token, environment, revocation.id, self._now())
        else:
            script = partial(public_tokens.revoke_named, environment, revocation.name, self._now())
        revoked = await self._store.write(script)
        self.changes += 1
        return revoked

    async def _revoke_text(self, environment: str, text: str) -> Callable[[], Script[int]]:
        from runcast.domain import tokens

        try:
            claims = tokens.read_token(await self.secret(), text, now_s=self._now() // 1000)
        except tokens.TokenRefused as error:
            raise InvalidInput(f"this is no public token that admits: {error}") from error
        if claims.environment != environment or not claims.id:
            raise InvalidInput(f"this is no public token of {environment}")
        return partial(public_tokens.revoke_unlisted, environment, claims.id, self._now(), claims.expires_s * 1000)

    # --- people

    async def add_person(self, new: NewPerson) -> Person:
        if check_email(new.email) != new.email or not new.password.startswith("$argon2id$"):
            raise InvalidInput("a person has an e-mail address in lower case, and the argon2id hash of a password")
        check_person_name(new.name)
        return await self._store.write(partial(people.add_person, new, self._now()))

    async def list_people(self) -> Sequence[Person]:
        return await self._store.read(people.list_people)

    async def change_person(self, person: str, change: PersonChange, *, but: str = "") -> Person:
        if change.password is not None and not change.password.startswith("$argon2id$"):
            raise InvalidInput("a password is given as its argon2id hash")
        check_person_name(change.name or "")
        changed = await self._store.write(partial(people.change_person, person, change, self._now(), but=but))
        self.changes += 1
        return changed

    # --- projects

    async def list_projects(self) -> Sequence[Project]:
        return await self._store.read(projects.list_projects)

    async def put_project(self, slug: str, name: str) -> Project:
        check_name(name, "project")
        return await self._store.write(partial(projects.put_project, check_project(slug), name, self._now()))

    async def _check_environment(self, environment: str) -> None:
        """Raises `InvalidInput` for no environment, `NotFound` for one of no project."""
        project, _ = split_environment(check_environment(environment))
        await self._store.read(partial(projects.get_project, project))

    # --- environment variables

    async def variables(self, environment: str) -> dict[str, str]:
        """For workers. What was encrypted with another secret is left out, and logged: a worker would wait for an engine
        that refuses it, and nothing would run."""
        rows = await self._store.read(partial(variables.list_variables, environment))
        try:
            return {one.name: one.value for one in await self._opened(environment, rows)}
        except Unavailable as error:
            log.error("workers of %s start without their environment variables: %s", environment, error)
            return {}

    async def list_variables(self, environment: str) -> list[Variable]:
        await self._check_environment(environment)
        return await self._opened(environment, await self._store.read(partial(variables.list_variables, environment)))

    async def get_variable(self, environment: str, name: str) -> Variable:
        await self._check_environment(environment)
        row = await self._store.read(partial(variables.get_variable, environment, name))
        return (await self._opened(environment, [row]))[0]

    async def add_variable(self, environment: str, given: Variable) -> None:
        (row,) = await self._sealed(environment, [given])
        await self._store.write(partial(variables.add_variable, environment, row, self._now()))

    async def put_variables(self, environment: str, given: Sequence[Variable], *, override: bool) -> None:
        rows = await self._sealed(environment, given)
        await self._store.write(partial(variables.put_variables, environment, rows, self._now(), override=override))

    async def change_variable(self, environment: str, name: str, value: str) -> None:
        (row,) = await self._sealed(environment, [Variable(name, value)])
        await self._store.write(partial(variables.change_variable, environment, name, row.value, self._now()))

    async def drop_variable(self, environment: str, name: str) -> None:
        await self._store.write(partial(variables.drop_variable, environment, name))

    async def _sealed(self, environment: str, given: Sequence[Variable]) -> list[VariableRow]:
        await self._check_environment(environment)
        fernet = await self._fernet(environment)
        return [
            VariableRow(one.name, fernet.encrypt(one.value.encode()).decode(), one.is_secret)
            for one in map(check_variable, given)
        ]

    async def _opened(self, environment: str, rows: Sequence[VariableRow]) -> list[Variable]:
        if not rows:
            return []
        fernet = await self._fernet(environment)
        # A thousand large ones take a while.
        return await asyncio.to_thread(lambda: [_open(fernet, row) for row in rows])

    async def _fernet(self, environment: str) -> Fernet:
        """Each environment has a key of its own: a value that is moved to another one cannot be read there."""
        from cryptography.fernet import Fernet

        if environment not in self._fernets:
            self._fernets[environment] = Fernet((await self.secret()).fernet_key(f"variables:{environment}"))
        return self._fernets[environment]

    def _now(self) -> int:
        return self._store.clock.now_ms()


def _open(fernet: Fernet, row: VariableRow) -> Variable:
    from cryptography.fernet import InvalidToken

    try:
        return Variable(row.name, fernet.decrypt(row.value).decode(), row.is_secret)
    except InvalidToken as error:
        raise Unavailable(
            f"environment variable {row.name} was encrypted with another secret than this engine's: give all servers of "
            "the database the same setting `secret`, or set the variable anew"
        ) from error


def _check_key(new: NewKey) -> None:
    if len(new.digest) != _DIGEST_CHARS or (new.lifetime_ms is not None and new.lifetime_ms <= 0):
        raise InvalidInput("a key is given as its SHA-256, with a lifetime above 0 or none")
