"""People at the door: sign-ins by password, kept in a cookie whose digest is stored."""

from __future__ import annotations

import secrets
from functools import partial

import msgspec

from runcast.api.errors import Refused
from runcast.api.keys import digest_of
from runcast.api.passwords import Passwords
from runcast.api.rate import Failures
from runcast.clock import Clock
from runcast.domain.access import Person, PersonChange
from runcast.domain.errors import InvalidInput
from runcast.engine.access_desk import AccessDesk
from runcast.store import people
from runcast.store.access_rows import SignedIn
from runcast.store.store import Store

COOKIE = "runcast_session"
COOKIE_CHARS_MAX = 100
USED_EVERY_MS = 60_000
FRESH_MS = 2_000
"""How long a sign-in is believed without asking the database again."""
KNOWN_MAX = 1_000
_NOT_THEM = "The e-mail address or the password is wrong"


class _Known(msgspec.Struct, frozen=True):
    person: SignedIn
    read_at: int
    changes: int


class SignIns:
    """Who has signed in, and how one does."""

    def __init__(self, store: Store, desk: AccessDesk, clock: Clock) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self.passwords = Passwords()
        # A person mistypes; a program that guesses gets nowhere in ten tries a minute.
        self._by_address = Failures(now_ms=clock.now_ms, burst=10, per_minute=10)
        self._by_account = Failures(now_ms=clock.now_ms, burst=10, per_minute=2)
        self._known: dict[str, _Known] = {}

    async def sign_in(self, email: str, password: str, *, address: str, instead_of: str | None) -> tuple[Person, str]:
        """The person, and what their cookie holds. Raises a 401, or a 429 after too many failures."""
        account = email.strip().lower()[:300]
        self._check_pace(address, account)
        # Counted before the password is looked at: what is tried at the same time counts, too.
        self._by_address.add(address)
        self._by_account.add(account)
        found = await self._store.read(partial(people.find_password, account))
        hashed = None if found is None else found[1]
        if not await self.passwords.check(hashed, password) or found is None:
            raise Refused(401, _NOT_THEM, code="wrong_password")
        self._by_address.take_back(address)
        self._by_account.forgive(account)
        cookie = secrets.token_urlsafe(32)
        old = digest_of(instead_of) if instead_of else ""
        self._known.pop(old, None)
        person, now = found[0], self._clock.now_ms()
        await self._store.write(partial(people.sign_in, person.id, digest_of(cookie), now, instead_of=old))
        return person, cookie

    def _check_pace(self, address: str, account: str) -> None:
        wait_ms = max(self._by_address.wait_ms(address), self._by_account.wait_ms(account))
        if wait_ms:
            after_s = -(-wait_ms // 1000)
            raise Refused(429, f"Too many tries: again in {after_s} s", **{"retry-after": str(after_s)})

    async def find(self, cookie: str) -> SignedIn | None:
        """Who has the cookie, if their sign-in counts."""
        if not cookie or len(cookie) > COOKIE_CHARS_MAX:
            return None
        digest, now = digest_of(cookie), self._clock.now_ms()
        known = self._known.get(digest)
        if known is not None and known.changes == self._desk.changes and 0 <= now - known.read_at < FRESH_MS:
            return known.person
        changes = self._desk.changes
        found = await self._store.read(partial(people.find_sign_in, digest, now))
        self._known.pop(digest, None)
        if found is None:
            return None
        if now - found.used_at >= USED_EVERY_MS:
            await self._store.write(partial(people.sign_in_was_used, digest, now), lazy=True)
        if len(self._known) >= KNOWN_MAX:
            self._known.pop(next(iter(self._known)))
        self._known[digest] = _Known(found, now, changes)
        return found

    async def sign_out(self, cookie: str) -> None:
        """The cookie is worth nothing from now on."""
        digest = digest_of(cookie)
        await self._store.write(partial(people.sign_out, digest))
        self._known.pop(digest, None)

    async def change_password(self, person_id: str, old: str, new: str, *, cookie: str) -> None:
        """Another password; every other sign-in of the person ends. Raises a 401 when `old` is not theirs."""
        self._check_pace(person_id, person_id)
        self._by_account.add(person_id)
        found = await self._store.read(partial(people.find_password, person_id))
        if found is None or not await self.passwords.check(found[1], old):
            raise Refused(401, "The old password is wrong", code="wrong_password")
        self._by_account.forgive(person_id)
        if old == new:
            raise InvalidInput("the new password is the old one")
        change = PersonChange(password=await self.passwords.hash(new))
        await self._desk.change_person(person_id, change, but=digest_of(cookie))
