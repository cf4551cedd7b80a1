"""Why a PostgreSQL cannot be reached, and what to do about it: psycopg's errors on connecting as the domain's."""

from __future__ import annotations

import re

import psycopg
from psycopg.conninfo import conninfo_to_dict

from runcast.domain.errors import InvalidInput, Unavailable
from runcast.domain.masked import MASK

_ADVICE = (
    ("password authentication failed", "The password or the user is wrong."),
    ("no password supplied", "It asks for a password: postgresql://user:password@host/name, PGPASSWORD, or ~/.pgpass."),
    ("no pg_hba.conf entry", "Its pg_hba.conf lets nobody in from here, or not without TLS (…?sslmode=require)."),
    ("too many", "All its connections are taken: raise max_connections, or put PgBouncer in between."),
    (
        "remaining connection slots",
        "All its connections are taken: raise max_connections, or put PgBouncer in between.",
    ),
    ("starting up", "Try again in a moment."),
    ("shutting down", "Try again in a moment."),
    ("read-only", "It is a standby: name the primary, or several hosts (postgresql://user@one,two/name)."),
    ("could not translate host name", "There is no such host: check its name."),
    ("name or service not known", "There is no such host: check its name."),
    ("failed to resolve host", "There is no such host: check its name."),
    ("connection refused", "Nothing listens there: is the server running, and is it that port?"),
    ("no such file or directory", "Nothing listens there: is the server running, and is it that port?"),
    ("timeout expired", "Nothing answers there: check host, port and firewall."),
    ("ssl", "Check sslmode and certificates in the address."),
)
"""A part of the reason, in small letters, and what to do; the first that fits."""
_DATABASE = re.compile(r'database "([^"]+)" does not exist')
_TELLING = 3
"""Shorter parts of a password stand in every sentence."""
_ROLE = re.compile(r'role "([^"]+)" does not exist')


def unreachable(url: str, name: str, error: psycopg.OperationalError) -> Unavailable:
    """What to raise when no connection could be made; `name` is the address as it may be shown."""
    reason = _without_password(url, " ".join(str(error).split())).removeprefix("connection failed: ")
    return Unavailable(f"cannot reach {name}: {reason.rstrip('.')}. {_advice(reason)}".rstrip())


def no_address(url: str, name: str, error: psycopg.ProgrammingError) -> InvalidInput:
    """What to raise for something that libpq cannot read."""
    reason = _without_password(url, " ".join(str(error).split()))
    return InvalidInput(
        f"{name} is no address of a PostgreSQL database ({reason}). "
        "Write postgresql://user:password@host:port/name, with %40 for @ and %2F for / in a password."
    )


def _advice(reason: str) -> str:
    if match := _DATABASE.search(reason):
        return f"Make it first: createdb {match[1]}"
    if match := _ROLE.search(reason):
        return f"Make the user first (createuser {match[1]}), or name another in the address."
    low = reason.lower()
    return next((advice for part, advice in _ADVICE if part in low), "")


def _without_password(url: str, text: str) -> str:
    """libpq quotes what it does not understand, which may be a part of the password."""
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _secrets(url: str) -> set[str]:
    found: set[str] = set()
    try:
        found.add(str(conninfo_to_dict(url).get("password") or ""))
    except psycopg.ProgrammingError:
        pass
    if match := re.search(r"://[^:/@\s]*:(\S+)@", url):
        found |= {match[1], *(part for part in re.split(r"[@/:?#]", match[1]) if len(part) >= _TELLING)}
    return found - {""}
