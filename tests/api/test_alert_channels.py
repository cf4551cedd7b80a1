"""Alert channels over HTTP: made, tried out, deleted; what they tell arrives, and their secrets are never told."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from runcast.domain.alert import AlertOn, AlertRule
from runcast.domain.channel import ChannelKind, ChannelRef
from runcast.outgoing.settings import OutgoingSettings, parse_smtp
from runcast.sdk import channels
from runcast.sdk.alert import Alert
from runcast.server import Server
from runcast.store import channels as stored
from tests.api.site import Site, sample_tasks, serving
from tests.outgoing.mailbox import Letters, mailbox
from tests.outgoing.receiver import Received, Receiver, Reply, receiving
from tests.worker.world import World

CHANNELS, DELIVERIES = "/api/v1/alert-channels", "/api/v1/alert-deliveries"
PATIENCE_S = 20.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def letters() -> Iterator[Letters]:
    with mailbox() as letters:
        yield letters


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.slow)])
async def office(request: pytest.FixtureRequest, letters: Letters) -> AsyncIterator[Site]:
    """A site that may reach this machine, and has a mail server."""
    smtp = parse_smtp(f"smtp://127.0.0.1:{letters.port}?tls=none", "runcast@example.com")
    address = ":memory:" if request.param == "memory" else request.getfixturevalue("postgres")
    async with serving(address, outgoing=OutgoingSettings(private=("127.0.0.1",), smtp=smtp)) as site:
        yield site


def webhook(receiver: Receiver, **fields: Any) -> dict[str, Any]:
    return {"name": "ops", "type": "webhook", "on": ["failed"], "url": receiver.url, **fields}


async def received(receiver: Receiver) -> Received:
    return await asyncio.to_thread(receiver.next)


async def settled(site: Site, delivery_id: str) -> dict[str, Any]:
    """A delivery, once it is pending no more."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found: dict[str, Any] = await site.get(f"{DELIVERIES}/{delivery_id}")
            if found["status"] != "PENDING":
                return found
            await asyncio.sleep(0.02)


async def test_a_channel_tells_what_fails_and_nothing_else(office: Site, receiver: Receiver) -> None:
    made = await office.post(CHANNELS, webhook(receiver))
    await office.run("hello")
    run = await office.run("fail", {"message": "no such luck"})
    told = await received(receiver)
    assert (
        told.headers["x-trigger-signature-hmacsha256"]
        == hmac.digest(made["secret"].encode(), told.body, "sha256").hex()
    )
    body = json.loads(told.body)
    assert (body["type"], body["object"]["run"]["id"], body["object"]["task"]["id"]) == (
        "alert.run.failed", run["id"], "fail",
    )  # fmt: skip
    delivery = await settled(office, body["id"])
    assert (delivery["status"], delivery["channel"], delivery["alert"]) == ("DELIVERED", made["id"], "ops")
    assert [(one["number"], one["status"]) for one in delivery["attempts"]] == [(1, 200)]
    assert (await office.get(DELIVERIES))["data"] == [delivery]
    assert receiver.requests.empty()


async def test_a_new_error_is_told_once(office: Site, receiver: Receiver) -> None:
    await office.post(CHANNELS, webhook(receiver, on=["new_error"]))
    await office.run("fail", {"message": "row 1"})
    await office.run("fail", {"message": "row 2"})
    body = json.loads((await received(receiver)).body)
    assert (body["type"], body["object"]["classification"]) == ("alert.error", "new_issue")
    assert body["object"]["error"]["message"] == "row 1"
    assert len((await office.get(DELIVERIES))["data"]) == 1


async def test_a_channel_tells_several_things_of_the_tasks_that_it_names(office: Site, receiver: Receiver) -> None:
    made = await office.post(CHANNELS, webhook(receiver, on=["failed", "succeeded"], tasks=["echo", "fail"]))
    assert (made["on"], made["tasks"]) == (["failed", "succeeded"], ["echo", "fail"])
    await office.run("hello")
    await office.run("echo", {"value": 1})
    await office.run("fail")
    types = {json.loads((await received(receiver)).body)["type"] for _ in range(2)}
    assert types == {"alert.run.failed", "alert.run.succeeded"}
    assert len((await office.get(DELIVERIES))["data"]) == 2


async def test_letters_and_slack_messages_arrive(office: Site, receiver: Receiver, letters: Letters) -> None:
    await office.post(CHANNELS, {"name": "mail", "type": "email", "on": ["failed"], "addresses": ["ops@example.com"]})
    slack = {"name": "chat", "type": "slack", "on": ["failed"], "url": receiver.url}
    assert "secret" not in await office.post(CHANNELS, slack)
    await office.run("fail", {"message": "no <!channel>"})
    assert "fail failed (dev): ValueError: no &lt;" in json.loads((await received(receiver)).body)["text"]
    letter = await asyncio.to_thread(letters.next)
    assert (letter["to"], letter["subject"]) == ("ops@example.com", "[Runcast] fail failed (dev)")
    assert "ValueError: no <!channel>" in letter.get_content()


async def test_a_channel_is_tried_out(office: Site, receiver: Receiver) -> None:
    made = await office.post(CHANNELS, webhook(receiver, secret="known to the receiver"))
    assert made["secret"] == "known to the receiver"
    begun = await office.post(f"{CHANNELS}/{made['id']}/test")
    assert (begun["status"], begun["alert"], begun.get("event")) == ("PENDING", "test", None)
    body = json.loads((await received(receiver)).body)
    assert (body["id"], body["type"], body["object"]["run"]["isTest"]) == (begun["id"], "alert.run.failed", True)
    assert (await settled(office, begun["id"]))["status"] == "DELIVERED"


@pytest.mark.slow  # the first pause is five seconds
async def test_a_receiver_that_fails_is_tried_again_with_the_same_bytes(office: Site, receiver: Receiver) -> None:
    answers = iter([Reply(500, body=b"not now"), Reply()])
    receiver.answer = lambda _: next(answers)
    made = await office.post(CHANNELS, webhook(receiver))
    begun = await office.post(f"{CHANNELS}/{made['id']}/test")
    first, second = await received(receiver), await received(receiver)
    assert (first.body, first.headers["x-runcast-delivery"]) == (second.body, begun["id"])
    ended = await settled(office, begun["id"])
    assert [(one["status"], one.get("error")) for one in ended["attempts"]] == [(500, "HTTP 500: not now"), (200, None)]


async def test_one_that_refuses_for_good_has_failed_and_is_tried_again_when_somebody_asks(
    office: Site, receiver: Receiver
) -> None:
    answers = iter([Reply(410), Reply()])
    receiver.answer = lambda _: next(answers)
    made = await office.post(CHANNELS, webhook(receiver))
    begun = await office.post(f"{CHANNELS}/{made['id']}/test")
    assert (await settled(office, begun["id"]))["status"] == "FAILED"
    failed = (await office.get(DELIVERIES, params={"filter[status]": "FAILED", "filter[channel]": made["id"]}))["data"]
    assert [one["id"] for one in failed] == [begun["id"]]
    assert (await office.post(f"{DELIVERIES}/{begun['id']}/retry"))["status"] == "PENDING"
    assert (await settled(office, begun["id"]))["status"] == "DELIVERED"
    again = await office.http.post(f"{DELIVERIES}/{begun['id']}/retry")
    assert again.status_code == 422


async def test_a_deleted_channel_tells_nothing(office: Site, receiver: Receiver) -> None:
    made = await office.post(CHANNELS, webhook(receiver))
    assert (await office.http.delete(f"{CHANNELS}/{made['id']}")).status_code == 204
    await office.run("fail")
    assert (await office.get(CHANNELS))["data"] == (await office.get(DELIVERIES))["data"] == []
    assert (await office.http.get(f"{CHANNELS}/{made['id']}")).status_code == 404
    assert (await office.http.delete(f"{CHANNELS}/{made['id']}")).status_code == 404


async def test_secrets_are_shown_once_and_stored_by_nobody(office: Site, receiver: Receiver) -> None:
    made = await office.post(CHANNELS, webhook(receiver, url=f"{receiver.url}?token=hidden"))
    answers = [await office.http.get(CHANNELS), await office.http.get(f"{CHANNELS}/{made['id']}")]
    for answer in answers:
        assert made["secret"] not in answer.text
        assert "hidden" not in answer.text
    assert answers[1].json()["target"] == f"http://127.0.0.1:{receiver.port}/…"


async def test_pages_of_deliveries(office: Site, receiver: Receiver) -> None:
    made = await office.post(CHANNELS, webhook(receiver))
    ids = [(await office.post(f"{CHANNELS}/{made['id']}/test"))["id"] for _ in range(3)]
    first = await office.get(DELIVERIES, params={"page[size]": 2})
    second = await office.get(DELIVERIES, params={"page[size]": 2, "page[after]": first["pagination"]["next"]})
    assert [one["id"] for one in first["data"] + second["data"]] == sorted(ids, reverse=True)
    assert second["pagination"] == {}


REFUSED: tuple[dict[str, Any], ...] = (
    {"name": ""}, {"name": "a\nb"}, {"type": "pigeon"}, {"on": []}, {"on": ["never"]}, {"url": "ftp://example.com"},
    {"url": "http://10.0.0.1/"}, {"url": "http://169.254.169.254/"}, {"url": "http://[::1]/"}, {"url": ""},
    {"url": "https://ada:secret@example.com/"}, {"url": "http://example.com:25/"}, {"secret": "short"},
    {"on": ["slow"]}, {"on": ["backlog"], "over": 3, "tasks": ["hello"]}, {"window": "soon"}, {"color": "red"},
    {"type": "email", "addresses": []}, {"type": "email", "addresses": ["ops"]}, {"url": "http://localhost:70000/"},
)  # fmt: skip


async def test_what_can_never_be_told_is_refused(site: Site) -> None:
    for change in REFUSED:
        body = {"name": "ops", "type": "webhook", "on": ["failed"], "url": "https://example.com/", **change}
        answer = await site.http.post(CHANNELS, json=body)
        assert answer.status_code == 400, (change, answer.text)
    assert (await site.get(CHANNELS))["data"] == []


async def test_a_name_is_taken_once(site: Site) -> None:
    body = {"name": "ops", "type": "webhook", "on": ["failed"], "url": "https://example.com/"}
    await site.post(CHANNELS, body)
    assert (await site.http.post(CHANNELS, json=body)).status_code == 422
    await site.post(CHANNELS, body | {"name": "others"})


async def test_a_name_that_leads_inside_is_refused_when_it_is_told(site: Site) -> None:
    """Who resolves `localhost` cannot be known before."""
    made = await site.post(CHANNELS, {"name": "o", "type": "slack", "on": ["failed"], "url": "http://localhost:8080/"})
    begun = await site.post(f"{CHANNELS}/{made['id']}/test")
    ended = await settled(site, begun["id"])
    assert (ended["status"], len(ended["attempts"])) == ("FAILED", 1)
    assert "not of the public internet" in ended["attempts"][0]["error"]


async def test_public_tokens_and_strangers_have_no_part_in_it(site: Site) -> None:
    made = await site.post(CHANNELS, {"name": "o", "type": "slack", "on": ["failed"], "url": "https://example.com/"})
    paths = [
        ("GET", CHANNELS), ("POST", CHANNELS), ("GET", f"{CHANNELS}/{made['id']}"), ("DELETE", f"{CHANNELS}/{made['id']}"),
        ("POST", f"{CHANNELS}/{made['id']}/test"), ("GET", DELIVERIES), ("GET", f"{DELIVERIES}/delivery_1"),
        ("POST", f"{DELIVERIES}/delivery_1/retry"),
    ]  # fmt: skip
    body = {"name": "x", "type": "slack", "on": ["failed"], "url": "https://example.com/"}
    for method, path in paths:
        content: dict[str, Any] = {"json": body} if (method, path) == ("POST", CHANNELS) else {}
        answer = await site.http.request(method, path, headers=site.bearer("read:runs", "write:runs"), **content)
        assert answer.status_code == 403, (method, path, answer.text)
        async with httpx2.AsyncClient(base_url=site.url, headers={"authorization": "Bearer x"}) as stranger:
            assert (await stranger.request(method, path, **content)).status_code == 401


async def test_channels_of_another_environment_are_not_found(office: Site, receiver: Receiver) -> None:
    there = ChannelRef("channel_there", ChannelKind.SLACK, "https://example.com/…", "sealed")
    rule = AlertRule("there", AlertOn.FAILED, to=(there,))
    await office.engine.store.write(partial(stored.create, "prod", "there", there, (rule,), 1))
    assert (await office.get(CHANNELS))["data"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/test")):
        answer = await office.http.request(method, f"{CHANNELS}/{there.id}{path}")
        assert answer.status_code == 404


async def test_channels_of_code_are_shown_and_stay(receiver: Receiver) -> None:
    registry = sample_tasks()
    Alert("ours", on="failed", to=channels.webhook(receiver.url, secret="a secret of the code"), registry=registry)
    async with serving(registry=registry, outgoing=OutgoingSettings(private=("127.0.0.1",))) as site:
        (shown,) = (await site.get(CHANNELS))["data"]
        assert (shown["name"], shown["origin"], shown["on"]) == ("ours", "code", ["failed"])
        assert (await site.http.delete(f"{CHANNELS}/{shown['id']}")).status_code == 422
        await site.run("fail")
        body = await received(receiver)
        assert (
            body.headers["x-trigger-signature-hmacsha256"]
            == hmac.digest(b"a secret of the code", body.body, "sha256").hex()
        )


async def test_an_embedded_engine_tells_alerts_too(receiver: Receiver) -> None:
    """The server alone is enough: nobody has to serve HTTP."""
    registry = sample_tasks()
    Alert("ours", on="failed", to=channels.slack(receiver.url), registry=registry)
    world = World(registry)
    world.server = Server(replace(world.server.config, outgoing=OutgoingSettings(private=("127.0.0.1",))))
    async with world:
        await world.run(registry.get("fail"), "x")
        assert "fail failed" in json.loads((await received(receiver)).body)["text"]
