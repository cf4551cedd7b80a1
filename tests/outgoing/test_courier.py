"""The courier: what it keeps is unreadable without the instance's secret, and what it tells fits its channel."""

from __future__ import annotations

import hmac
import json

import pytest

from runcast.domain.alert import AlertEvent, AlertOn
from runcast.domain.alert_text import Told
from runcast.domain.channel import ChannelKind, Target
from runcast.domain.errors import ErrorInfo, InvalidInput
from runcast.domain.instance_secret import InstanceSecret
from runcast.outgoing.courier import Courier
from runcast.outgoing.settings import OutgoingSettings, parse_smtp
from runcast.sdk import channels
from tests.outgoing.mailbox import mailbox
from tests.outgoing.receiver import Receiver

LOOPBACK = OutgoingSettings(private=("127.0.0.1",), public_url="https://runs.example.com")
KEY = "a key of the receiver's"


def courier(secret: str = "0" * 32, settings: OutgoingSettings = LOOPBACK) -> Courier:
    async def ask() -> InstanceSecret:
        return InstanceSecret(secret)

    return Courier(settings, ask)


def told(on: AlertOn = AlertOn.FAILED, **fields: object) -> Told:
    event = AlertEvent(7, "failures", on, "charge", "ValueError: <!channel> & more", "run_1", "f", 3, 1_000, 2_000)
    return Told("delivery_1", "prod", event, **{"version": "9.9", "source": "shop/tasks.py:12", **fields})  # type: ignore[arg-type]


async def test_what_is_sealed_can_be_read_with_the_same_secret_only(receiver: Receiver) -> None:
    one, other = courier(), courier("1" * 32)
    sealed = await one.seal("prod", channels.webhook(receiver.url, secret=KEY))
    assert KEY not in sealed.sealed
    assert "hooks/runs" not in sealed.sealed + sealed.shown + sealed.id
    assert (await courier().send(sealed.kind, sealed.sealed, told())).error is None
    answer = await other.send(sealed.kind, sealed.sealed, told())
    assert answer.is_final
    assert answer.error is not None
    assert "sealed with another secret" in answer.error
    for used in (one, other):
        await used.close()


async def test_the_same_target_is_the_same_channel_and_no_other_is() -> None:
    one = courier()
    target = channels.slack("https://hooks.slack.com/services/T0/B0/XYZ")
    first = await one.seal("prod", target)
    assert (await one.seal("prod", target)).id == first.id
    others = [
        await one.seal("dev", target),
        await one.seal("prod", target, unique="2"),
        await one.seal("prod", channels.slack("https://hooks.slack.com/services/T0/B0/ABC")),
        await one.seal("prod", channels.webhook(target.url, secret=KEY)),
    ]
    assert len({first.id, *(other.id for other in others)}) == 5


async def test_a_webhook_is_signed_over_its_bytes(receiver: Receiver) -> None:
    one = courier()
    sealed = await one.seal("prod", channels.webhook(receiver.url, secret=KEY))
    answer = await one.send(sealed.kind, sealed.sealed, told(run_url=one.run_url("run_1")))
    await one.close()
    assert answer.status == 200
    received = receiver.next()
    expected = hmac.digest(KEY.encode(), received.body, "sha256").hex()
    assert received.headers["x-trigger-signature-hmacsha256"] == expected
    assert received.headers["x-runcast-delivery"] == "delivery_1"
    body = json.loads(received.body)
    assert (body["id"], body["type"], body["webhookVersion"]) == ("delivery_1", "alert.run.failed", "v1")
    assert body["object"]["run"]["dashboardUrl"] == "https://runs.example.com/runs/run_1"
    assert body["object"]["task"]["filePath"] == "shop/tasks.py"
    assert body["object"]["environment"] == {"id": "prod", "type": "PRODUCTION", "slug": "prod"}


@pytest.mark.parametrize("on", list(AlertOn))
async def test_every_kind_of_alert_is_told_in_every_way(receiver: Receiver, on: AlertOn) -> None:
    with mailbox() as letters:
        smtp = parse_smtp(f"smtp://127.0.0.1:{letters.port}?tls=none", "runcast@example.com")
        one = courier(settings=OutgoingSettings(private=("127.0.0.1",), smtp=smtp))
        targets = [
            channels.webhook(receiver.url, secret=KEY),
            channels.slack(receiver.url),
            channels.email("ops@example.com"),
        ]
        for target in targets:
            sealed = await one.seal("prod", target)
            assert (await one.send(sealed.kind, sealed.sealed, told(on))).error is None
        letter = letters.next()
        await one.close()
    assert json.loads(receiver.next().body)["alert"] == "failures"
    assert "charge" in json.loads(receiver.next().body)["text"]
    assert str(letter["subject"]).startswith("[Runcast] charge ")
    assert "run_1" in letter.get_content()


async def test_an_error_message_gives_slack_no_commands(receiver: Receiver) -> None:
    one = courier()
    sealed = await one.seal("prod", channels.slack(receiver.url))
    await one.send(sealed.kind, sealed.sealed, told())
    await one.close()
    text = receiver.next().body.decode()
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &amp; more" in text


async def test_without_a_mail_server_letters_wait_for_one() -> None:
    one = courier()
    sealed = await one.seal("prod", channels.email("ops@example.com"))
    answer = await one.send(sealed.kind, sealed.sealed, told())
    assert answer.error == "this server has no smtp_url"
    assert not answer.is_final


@pytest.mark.parametrize(
    "target",
    [
        Target(ChannelKind.WEBHOOK, url="http://10.0.0.1/", secret=KEY),
        Target(ChannelKind.WEBHOOK, url="https://example.com/", secret="short"),
        Target(ChannelKind.SLACK, url="ftp://example.com/"),
        Target(ChannelKind.SLACK),
        Target(ChannelKind.EMAIL),
        Target(ChannelKind.EMAIL, addresses=("ops",)),
        Target(ChannelKind.EMAIL, addresses=("a@example.com\nBcc: b@example.com",)),
        Target(ChannelKind.EMAIL, addresses=("Ada <ada@example.com>",)),
        Target(ChannelKind.EMAIL, addresses=tuple(f"a{n}@example.com" for n in range(21))),
    ],
)
def test_a_target_that_can_never_be_told_is_refused(target: Target) -> None:
    with pytest.raises(InvalidInput):
        courier().check(target)


def test_targets_do_not_show_their_secrets() -> None:
    shown = repr(
        [channels.webhook("https://ada.example/tok3n?k=tok3n", secret=KEY), channels.slack("https://s.example/tok3n")]
    )
    assert shown == "[<webhook https://ada.example/…>, <slack https://s.example/…>]"
    with pytest.raises(InvalidInput):
        channels.webhook("https://example.com/", secret="")


def test_errors_tell_of_their_run() -> None:
    """Without the run, which may be removed by then, what the event says is told."""
    from runcast.domain.alert_text import plain_text, webhook_body

    body = json.loads(webhook_body(told(AlertOn.NEW_ERROR)))["object"]
    assert body["error"]["taskIdentifier"] == "charge"
    assert body["error"]["occurrenceCount"] == 3
    assert "failed with a new error" in plain_text(told(AlertOn.NEW_ERROR))
    assert ErrorInfo("builtins.Exception", "x").name == body["error"]["type"]
