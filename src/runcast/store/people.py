"""People and their sign-ins: a sign-in is found by the digest of what the browser holds."""

from __future__ import annotations

from runcast.domain.access import PEOPLE_MAX, NewPerson, Person, PersonChange
from runcast.domain.errors import Conflict, NotFound
from runcast.store.access_rows import SignedIn
from runcast.store.script import Script, call

SIGN_INS_MAX = 50
"""Of one person; the one that was used least lately goes."""
SIGN_IN_MS = 30 * 86_400_000
"""How long a sign-in is good at most."""
IDLE_MS = 7 * 86_400_000
"""How long it is good without being used."""


def add_person(new: NewPerson, now: int) -> Script[Person]:
    """Raises `Conflict` for an address that somebody has."""
    count: int = yield call("count_people")
    if count >= PEOPLE_MAX:
        raise Conflict(f"there are {count:,} people, which is the most")
    yield call("add_person", rows=[(new.id, new.email, new.password, new.name, new.role.value, now)])
    found = yield from get_person(new.email)
    if found.id != new.id:
        raise Conflict(f"{new.email} is somebody already")
    return found


def find_person(key: str) -> Script[Person | None]:
    """By id or address."""
    found: Person | None = yield call("find_person", key=key)
    return found


def get_person(key: str) -> Script[Person]:
    """By id or address. Raises `NotFound`."""
    found = yield from find_person(key)
    if found is None:
        raise NotFound(f"nobody is {key[:300]}")
    return found


def find_password(key: str) -> Script[tuple[Person, str] | None]:
    """A person with the hash of the password; None for nobody, and for who is disabled."""
    found = yield from find_person(key)
    if found is None or found.disabled_at is not None:
        return None
    password: str = yield call("find_password", id=found.id)
    return found, password


def list_people() -> Script[tuple[Person, ...]]:
    rows: list[Person] = yield call("list_people", limit=PEOPLE_MAX)
    return tuple(rows)


def change_person(key: str, change: PersonChange, now: int, *, but: str = "") -> Script[Person]:
    """Change what is given, and end the person's sign-ins (but one) where that matters. Raises `NotFound`."""
    known = yield from get_person(key)
    password: str = yield call("find_password", id=known.id)
    disabled_at = known.disabled_at
    if change.disabled is not None:
        disabled_at = (disabled_at or now) if change.disabled else None
    yield call(
        "change_person",
        id=known.id,
        password=change.password or password,
        role=(change.role or known.role).value,
        name=known.name if change.name is None else change.name,
        disabled_at=disabled_at,
    )
    if change.password or change.disabled or change.role not in (None, known.role):
        yield call("drop_sign_ins", person_id=known.id, but=but)
    return (yield from get_person(known.id))


def sign_in(person_id: str, digest: str, now: int, *, instead_of: str = "") -> Script[None]:
    """Keep a new sign-in; the one that the same browser had is gone."""
    yield call("forget_sign_ins", now=now, idle_since=now - IDLE_MS)
    yield call("drop_sign_in", digest=instead_of)
    yield call("add_sign_in", rows=[(digest, person_id, now, now, now + SIGN_IN_MS)])
    yield call("crowd_out_sign_ins", person_id=person_id, keep=SIGN_INS_MAX)
    yield call("person_signed_in", id=person_id, now=now)


def find_sign_in(digest: str, now: int) -> Script[SignedIn | None]:
    """Who signed in, if that still counts."""
    found: SignedIn | None = yield call("find_sign_in", digest=digest, now=now, idle_since=now - IDLE_MS)
    return found


def sign_in_was_used(digest: str, now: int) -> Script[None]:
    yield call("sign_in_was_used", digest=digest, now=now)


def sign_out(digest: str) -> Script[None]:
    yield call("drop_sign_in", digest=digest)
