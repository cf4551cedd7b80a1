"""Public tokens that were asked for, until they end: so that people see them, and revoke one before its end."""

from __future__ import annotations

import msgspec

from runcast.domain.access import TOKENS_LISTED_MAX, NewToken, PublicToken
from runcast.domain.errors import Conflict, NotFound
from runcast.store.access_rows import RevokedToken
from runcast.store.script import Script, call


def note_token(new: NewToken, now: int, expires_at: int) -> Script[None]:
    """List a token that is about to be handed out. Raises `Conflict` for one with a name when too many are listed: it could
    not be found by its name."""
    count: int = yield call("count_public_tokens", environment=new.environment, limit=TOKENS_LISTED_MAX)
    if count < TOKENS_LISTED_MAX:
        yield call("add_public_token", rows=[_row(new, now, expires_at)])
    elif new.name:
        raise Conflict(
            f"{new.environment} has {count:,} public tokens, and no more are listed: give them shorter lifetimes, "
            "or leave the name out"
        )


def list_tokens(environment: str, now: int) -> Script[tuple[PublicToken, ...]]:
    """Those that have not ended, newest first, with those that were revoked."""
    rows: list[PublicToken] = yield call("public_tokens", environment=environment, now=now, limit=TOKENS_LISTED_MAX)
    return tuple(rows)


def revoked_tokens(now: int) -> Script[frozenset[str]]:
    """Ids of those that would admit if nobody had revoked them."""
    rows: list[RevokedToken] = yield call("revoked_tokens", now=now)
    return frozenset(row.id for row in rows)


def revoke_token(environment: str, id: str, now: int) -> Script[int]:
    """How many: 0 for one that was revoked before. Raises `NotFound`."""
    found: PublicToken | None = yield call("find_public_token", environment=environment, id=id, now=now)
    if found is None:
        raise NotFound(f"no public token {id} is listed: one that is not listed is revoked by its text")
    yield call("revoke_public_tokens", rows=[(id,)], now=now)
    return int(found.revoked_at is None)


def revoke_unlisted(environment: str, id: str, now: int, expires_at: int) -> Script[int]:
    """The same for one that may be listed nowhere, such as one that came with a trigger."""
    found: PublicToken | None = yield call("find_public_token", environment=environment, id=id, now=now)
    if found is None:
        yield call("add_public_token", rows=[_row(NewToken(id, (), environment), now, expires_at, revoked_at=now)])
        return 1
    return (yield from revoke_token(environment, id, now))


def revoke_named(environment: str, name: str, now: int) -> Script[int]:
    """How many had the name and admitted until now."""
    rows: list[PublicToken] = yield call(
        "named_tokens", environment=environment, name=name, now=now, limit=TOKENS_LISTED_MAX
    )
    if rows:
        yield call("revoke_public_tokens", rows=[(row.id,) for row in rows], now=now)
    return len(rows)


def _row(new: NewToken, now: int, expires_at: int, revoked_at: int | None = None) -> tuple[object, ...]:
    scopes = msgspec.json.encode(new.scopes).decode()
    return (new.id, new.environment, new.name, scopes, int(new.once), new.made_by, now, expires_at, revoked_at)
