"""Sends a letter through a mail server, and says what came of it."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
import time
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate
from functools import partial

from runcast.domain.delivery import Answer
from runcast.outgoing.settings import SmtpSettings
from runcast.outgoing.threads import in_thread

TIMEOUT_S = 15.0
"""For each answer of the mail server."""
_WHOLE_TIMEOUT_S = 45.0
"""For the whole letter: less than what a server has until others try it."""
_PERMANENT = range(500, 600)
_SUBJECT_CHARS_MAX = 200


class Letter:
    """What is sent to whom. Its id is the same for every try, so that mailboxes show it once."""

    def __init__(self, id: str, to: Sequence[str], subject: str, text: str) -> None:
        self.id = id
        self.to = tuple(to)
        # A header is one line, whatever an error's message has in it.
        self.subject = " ".join(subject.split())[:_SUBJECT_CHARS_MAX]
        self.text = text


class Mail:
    """A mail server. Each letter has a connection of its own, in a thread."""

    def __init__(self, settings: SmtpSettings, *, context: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._context = context

    async def send(self, letter: Letter) -> Answer:
        """Never raises for what the mail server does."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(_WHOLE_TIMEOUT_S):
                answer = await in_thread(partial(self._send, letter), "runcast-mail")
        except TimeoutError:
            answer = Answer(error=f"not sent within {_WHOLE_TIMEOUT_S:g} s")
        return answer.within(int((time.monotonic() - began) * 1000))

    def _send(self, letter: Letter) -> Answer:
        try:
            with self._connect() as server:
                refused = server.send_message(self._message(letter))
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            return _failed(code, reason)
        except smtplib.SMTPResponseException as error:
            return _failed(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            return Answer(error=f"{type(error).__name__}: {error}")
        if refused:
            # Whom it reached would get it again: a letter to the others alone needs a person.
            told = ", ".join(f"{address} ({code})" for address, (code, _) in refused.items())
            return Answer(status=250, error=f"not taken for {told}", is_final=True)
        return Answer(status=250)

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        context = self._context or ssl.create_default_context()
        # Its own way to find the name of this machine asks name servers, and may take long.
        here = socket.gethostname()
        server: smtplib.SMTP
        if settings.tls == "implicit":
            server = smtplib.SMTP_SSL(settings.host, settings.port, here, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(settings.host, settings.port, here, timeout=TIMEOUT_S)
        try:
            if settings.tls == "starttls":
                server.starttls(context=context)
            if settings.user:
                server.login(settings.user, settings.password)
        except BaseException:
            server.close()
            raise
        return server

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = ", ".join(letter.to)
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{letter.id}@{self._settings.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message


def _failed(code: int, reason: bytes | str) -> Answer:
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    return Answer(status=code, error=f"SMTP {code}: {text}"[:500], is_final=code in _PERMANENT)
