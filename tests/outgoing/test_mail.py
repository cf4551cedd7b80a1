"""Letters: through a real mail server, encrypted unless somebody says otherwise, and what its refusals mean."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from urllib.parse import quote

import pytest

from runcast.domain.errors import InvalidInput
from runcast.outgoing.mail import Letter, Mail
from runcast.outgoing.settings import SmtpSettings, parse_outgoing, parse_smtp
from tests.outgoing.mailbox import PASSWORD, USER, Letters, Tls, mailbox
from tests.sdk.certificates import make_certificate

SENDER = "runcast@example.com"


def letter(*to: str, subject: str = "charge failed (prod)", text: str = "ValueError: no\n") -> Letter:
    return Letter("delivery_1", to or ("ops@example.com",), subject, text)


def plain(letters: Letters) -> SmtpSettings:
    settings = parse_smtp(f"smtp://127.0.0.1:{letters.port}?tls=none", SENDER)
    assert settings is not None
    return settings


def tls(folder: Path, *, implicit: bool = False) -> tuple[Tls, ssl.SSLContext]:
    """The server's context, and a client's that trusts it."""
    made = make_certificate(folder)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(made.cert, made.key)
    return Tls(server, implicit), ssl.create_default_context(cafile=str(made.cert))


async def test_a_letter_arrives_with_a_name_by_which_its_copies_are_known() -> None:
    with mailbox() as letters:
        answer = await Mail(plain(letters)).send(letter("ops@example.com", "ada@example.com"))
        assert (answer.status, answer.error) == (250, None)
        received = letters.next()
    assert (received["from"], received["to"]) == (SENDER, "ops@example.com, ada@example.com")
    assert received["subject"] == "charge failed (prod)"
    assert received["message-id"] == "<delivery_1@example.com>"
    assert received.get_content().replace("\r", "") == "ValueError: no\n"


async def test_a_subject_is_one_line_whatever_an_error_says() -> None:
    with mailbox() as letters:
        answer = await Mail(plain(letters)).send(letter(subject="no\r\nBcc: eve@example.com\n" + "x" * 1_000))
        assert answer.error is None
        received = letters.next()
    assert received["bcc"] is None
    assert received["subject"].startswith("no Bcc: eve@example.com x")
    assert len(received["subject"]) == 200


async def test_letters_of_any_alphabet_arrive() -> None:
    with mailbox() as letters:
        await Mail(plain(letters)).send(letter(subject="Zahlung fehlgeschlagen: ß 💥", text="größer als erlaubt 💥\n"))
        received = letters.next()
    assert received["subject"] == "Zahlung fehlgeschlagen: ß 💥"
    assert received.get_content().replace("\r", "") == "größer als erlaubt 💥\n"


@pytest.mark.parametrize("implicit", [False, True])
async def test_passwords_go_through_tls(tmp_path: Path, implicit: bool) -> None:
    server, client = tls(tmp_path, implicit=implicit)
    with mailbox(server, login=True) as letters:
        scheme = "smtps" if implicit else "smtp"
        url = f"{scheme}://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{letters.port}"
        settings = parse_smtp(url, SENDER)
        assert settings is not None
        answer = await Mail(settings, context=client).send(letter())
        assert answer.error is None
        assert letters.over_tls == [True]


async def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    server, _ = tls(tmp_path)
    with mailbox(server) as letters:
        settings = parse_smtp(f"smtp://127.0.0.1:{letters.port}", SENDER)
        assert settings is not None
        answer = await Mail(settings).send(letter())
        assert answer.error is not None
        assert "certificate" in answer.error.lower()
        assert not answer.is_final
        assert letters.empty


async def test_a_server_without_tls_gets_nothing_unless_it_is_said() -> None:
    with mailbox() as letters:
        settings = parse_smtp(f"smtp://127.0.0.1:{letters.port}", SENDER)
        assert settings is not None
        answer = await Mail(settings).send(letter())
        assert answer.error is not None
        assert letters.empty


async def test_a_wrong_password_does_not_come_right_by_itself() -> None:
    with mailbox(login=True) as letters:
        settings = parse_smtp(f"smtp://{USER}:wrong@127.0.0.1:{letters.port}?tls=none", SENDER)
        assert settings is not None
        answer = await Mail(settings).send(letter())
    assert (answer.status, answer.is_final) == (535, True)


async def test_a_mailbox_that_is_full_is_tried_again_and_one_that_does_not_exist_is_not() -> None:
    with mailbox() as letters:
        mail = Mail(plain(letters))
        letters.refuse = {"full@example.com": "452 full", "gone@example.com": "550 no such user"}
        full = await mail.send(letter("full@example.com"))
        assert (full.status, full.error, full.is_final) == (452, "SMTP 452: full", False)
        gone = await mail.send(letter("gone@example.com"))
        assert (gone.status, gone.is_final) == (550, True)
        assert letters.empty


async def test_of_several_addresses_those_that_were_not_taken_are_told() -> None:
    with mailbox() as letters:
        letters.refuse = {"gone@example.com": "550 no such user"}
        answer = await Mail(plain(letters)).send(letter("ops@example.com", "gone@example.com"))
        assert answer.error == "not taken for gone@example.com (550)"
        assert answer.is_final
        letters.next()


async def test_a_server_that_is_not_there_is_an_answer_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = parse_smtp(f"smtp://127.0.0.1:{port}?tls=none", SENDER)
    assert settings is not None
    answer = await Mail(settings).send(letter())
    assert answer.error is not None
    assert not answer.is_final


def test_the_settings_say_what_they_mean() -> None:
    settings = parse_smtp("smtp://ada:s%40cret@mail.example.com", SENDER)
    assert settings is not None
    assert (settings.port, settings.tls, settings.user, settings.password) == (587, "starttls", "ada", "s@cret")
    assert "s@cret" not in repr(settings)
    assert parse_smtp("", "") is None
    outgoing = parse_outgoing("smtps://mail.example.com", SENDER, ("10.0.0.0/8",), "https://runs.example.com/")
    assert outgoing.smtp is not None
    assert (outgoing.smtp.port, outgoing.smtp.tls, outgoing.public_url) == (465, "implicit", "https://runs.example.com")


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("http://mail.example.com", SENDER),
        ("smtp://", SENDER),
        ("smtp://mail.example.com:x", SENDER),
        ("smtp://ada:hidden@mail.example.com?tls=maybe", SENDER),
        ("smtp://mail.example.com?user=ada", SENDER),
        ("smtp://mail.example.com", ""),
        ("smtp://mail.example.com", "nobody"),
    ],
)
def test_settings_that_mean_nothing_are_refused_without_showing_the_password(url: str, sender: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_smtp(url, sender)
    assert "hidden" not in str(caught.value)
