"""A mail server for tests: aiosmtpd on a thread of its own, with TLS and a password if need be."""

from __future__ import annotations

import asyncio
import ssl
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import Queue
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PATIENCE_S = 20.0
USER, PASSWORD = "runcast", "a password: with @ and /"


class Letters:
    """What came. `refuse`: addresses that are refused, with the answer to them."""

    def __init__(self) -> None:
        self._received: Queue[EmailMessage] = Queue()
        self.refuse: dict[str, str] = {}
        self.over_tls: list[bool] = []
        self.port = 0

    def next(self) -> EmailMessage:
        """The next letter, once it comes."""
        return self._received.get(timeout=PATIENCE_S)

    @property
    def empty(self) -> bool:
        return self._received.empty()

    async def handle_RCPT(  # noqa: N802 - the name that the library calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert server.transport is not None
        self.over_tls.append(server.transport.get_extra_info("ssl_object") is not None)
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self._received.put(letter)
        return "250 OK"


class Tls(NamedTuple):
    """How the server speaks TLS."""

    context: ssl.SSLContext
    implicit: bool = False


@contextmanager
def mailbox(tls: Tls | None = None, *, login: bool = False) -> Iterator[Letters]:
    """A mail server on a free port of loopback."""
    letters = Letters()
    options: dict[str, Any] = {}
    if login:
        options |= {"authenticator": _authenticate, "auth_required": True, "auth_require_tls": False}
    if tls is not None and not tls.implicit:
        options |= {"tls_context": tls.context, "require_starttls": True}
    implicit = tls.context if tls is not None and tls.implicit else None
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        # It warns whoever takes passwords without TLS, which with implicit TLS it does not see.
        warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
        server = await loop.create_server(
            lambda: SMTP(letters, hostname="mail.example.com", loop=loop, **options), "127.0.0.1", 0, ssl=implicit
        )
        letters.port = server.sockets[0].getsockname()[1]
        ready.set_result((loop, stop))
        await stop.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, stop = ready.result(PATIENCE_S)
    try:
        yield letters
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=good)
