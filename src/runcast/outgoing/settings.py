"""How the server reaches the outside."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from runcast.domain.channel import check_addresses
from runcast.domain.errors import InvalidInput
from runcast.outgoing.addresses import parse_allowed

_SMTP_PORT = 587
_SMTPS_PORT = 465


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server, and who writes."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    tls: str = "starttls"
    """`starttls`, `implicit`, or `none` for a server on this machine."""

    def __repr__(self) -> str:
        """Without the password."""
        return f"<smtp {self.host}:{self.port} from {self.sender}>"


class OutgoingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How alerts leave, and where to."""

    smtp: SmtpSettings | None = None
    private: tuple[str, ...] = ()
    """Hosts and networks beside the public internet that may be reached."""
    public_url: str = ""
    """Where people look at runs."""


def parse_outgoing(smtp_url: str, smtp_from: str, private: tuple[str, ...], public_url: str) -> OutgoingSettings:
    """What the settings `smtp_url`, `smtp_from`, `outgoing_private` and `public_url` say. Raises `InvalidInput`."""
    parse_allowed(private)
    return OutgoingSettings(smtp=parse_smtp(smtp_url, smtp_from), private=private, public_url=public_url.rstrip("/"))


def parse_smtp(url: str, sender: str) -> SmtpSettings | None:
    """The mail server of `smtp_url`; None without one.

    >>> parse_smtp("smtps://ada:secret@mail.example.com", "runcast@example.com")
    <smtp mail.example.com:465 from runcast@example.com>
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port, options = parts.hostname, parts.port, dict(parse_qsl(parts.query))
    except ValueError:
        host, port, options = None, None, {}
        parts = urlsplit("")
    tls = "implicit" if parts.scheme == "smtps" else options.pop("tls", "starttls")
    if parts.scheme not in ("smtp", "smtps") or not host or options or tls not in ("starttls", "implicit", "none"):
        # The password is in it, so it is not shown.
        raise InvalidInput("smtp_url is smtp://user:password@host:587 (STARTTLS), smtps://…, or smtp://host?tls=none")
    if not sender:
        raise InvalidInput("smtp_url needs smtp_from too: the address that letters are from")
    check_addresses((sender,))
    return SmtpSettings(
        host=host,
        port=port or (_SMTPS_PORT if tls == "implicit" else _SMTP_PORT),
        sender=sender,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
    )
