"""LinkedIn addresses as people paste them: which person is meant, or why a line is refused."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote, urlsplit

import msgspec

from runcast import InvalidInput

LINE_CHARS_MAX = 2_048
SLUG_CHARS_MAX = 120
_HOST = re.compile(r"(?:[a-z]{2,3}\.|www\.|m\.)?linkedin\.com")
_SLUG = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s,;]+")


class Person(msgspec.Struct, frozen=True):
    """Who is meant."""

    url: str
    """As we write it: `https://www.linkedin.com/in/ada-lovelace`."""
    slug: str


def split_lines(text: str) -> list[str]:
    """The addresses of a pasted text: lines, or anything between spaces, commas and semicolons.

    >>> split_lines("linkedin.com/in/ada, linkedin.com/in/grace")
    ['linkedin.com/in/ada', 'linkedin.com/in/grace']
    """
    return [word for word in _SEPARATORS.split(text) if word]


def read_url(line: str) -> Person:
    """The person of a line. Raises `InvalidInput` with a reason for people.

    >>> read_url("de.linkedin.com/in/Ada-Lovelace/?trk=people").url
    'https://www.linkedin.com/in/ada-lovelace'
    """
    text = line.strip()
    if not text:
        raise InvalidInput("The line is empty")
    if len(text) > LINE_CHARS_MAX:
        raise InvalidInput(f"An address has at most {LINE_CHARS_MAX:,} characters")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in text):
        raise InvalidInput("The line has characters in it that cannot be seen")
    scheme = _SCHEME.match(text)
    if scheme is None or "." in scheme[0]:
        text = f"https://{text}"
    elif scheme[0].lower() not in ("http:", "https:"):
        raise InvalidInput(f"An address begins with https://, not with {scheme[0][:20]}")
    return _read_parts(text)


def _read_parts(text: str) -> Person:
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise InvalidInput("This is no web address") from error
    if parts.username is not None or parts.password is not None or port not in (None, 80, 443):
        raise InvalidInput("An address of a profile has no password and no port in it")
    if not _HOST.fullmatch(host):
        raise InvalidInput(f"This is not on linkedin.com but on {host[:60] or 'no host'}")
    return _read_path(parts.path)


def _read_path(path: str) -> Person:
    kind, _, rest = path.lstrip("/").partition("/")
    if kind.lower() in ("company", "school", "showcase"):
        raise InvalidInput("This is the page of a company or school: give a person's, linkedin.com/in/…")
    if kind.lower() != "in":
        raise InvalidInput("A person's profile is at linkedin.com/in/…")
    try:
        slug = unicodedata.normalize("NFC", unquote(rest.partition("/")[0], errors="strict")).lower()
    except UnicodeDecodeError as error:
        raise InvalidInput("The address is not encoded properly") from error
    if not slug:
        raise InvalidInput("The address names nobody: linkedin.com/in/ and a name")
    if len(slug) > SLUG_CHARS_MAX or not _SLUG.fullmatch(slug):
        raise InvalidInput("The name in the address has characters that LinkedIn does not give to anybody")
    return Person(f"https://www.linkedin.com/in/{quote(slug)}", slug)
