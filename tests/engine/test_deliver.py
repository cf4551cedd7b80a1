"""The service that tells alerts: what goes wrong with one delivery is its own affair, and nothing is lost."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from runcast.domain.alert_text import Told
from runcast.domain.channel import ChannelKind, ChannelRef
from runcast.domain.delivery import Answer, Delivery, DeliveryStatus
from runcast.engine.deliver import Deliver
from runcast.outgoing.courier import Courier
from runcast.outgoing.settings import OutgoingSettings
from runcast.sdk import channels
from runcast.server import Server, ServerConfig
from runcast.store import channels as stored
from runcast.store import deliveries
from runcast.store.deliveries import DeliveryFilter
from runcast.store.script import Script, call
from tests.outgoing.receiver import receiving


class Faulty(Courier):
    """One with a defect: it cannot tell Slack."""

    async def send(self, kind: ChannelKind, sealed: str, told: Told) -> Answer:
        if kind is ChannelKind.SLACK:
            raise ZeroDivisionError("a defect")
        return await super().send(kind, sealed, told)


async def found(server: Server) -> dict[str, Delivery]:
    """The deliveries by id."""
    filter = DeliveryFilter(environment="dev")
    rows = await server.engine.store.read(partial(deliveries.list_deliveries, filter))
    return {one.id: one for one in rows}


async def make(server: Server, courier: Courier, *targets: ChannelRef) -> list[str]:
    """A delivery to each of the targets, of channels without alerts."""
    ids = []
    for target in targets:
        await server.engine.store.write(partial(stored.create, "dev", target.id, target, (), 1))
        script = partial(deliveries.add_test, "dev", target, "test", target.id, server.engine.clock.now_ms())
        ids.append(await server.engine.store.write(script))
    return ids


def _put(channel: ChannelRef) -> Script[None]:
    row = (channel.id, "dev", "moved", channel.kind.value, channel.shown, channel.sealed, "api", 1)
    yield call("put_channels", rows=[row])


async def _stop_services(server: Server) -> None:
    """The test ticks itself."""
    assert server._services is not None
    server._services.cancel()
    await asyncio.gather(server._services, return_exceptions=True)


async def test_a_defect_with_one_keeps_no_other_from_being_told(caplog: pytest.LogCaptureFixture) -> None:
    with receiving() as receiver:
        async with Server(ServerConfig(database=":memory:")) as server:
            await _stop_services(server)
            courier = Faulty(OutgoingSettings(private=("127.0.0.1",)), server.engine.access.secret)
            broken = await courier.seal("dev", channels.slack(receiver.url))
            good = await courier.seal("dev", channels.webhook(receiver.url, secret="a secret of the webhook"))
            first, second = await make(server, courier, broken, good)
            await Deliver(server.engine.store, courier, "one").tick(server.engine.clock.now_ms())
            told = await found(server)
            await courier.close()
        assert told[second].status is DeliveryStatus.DELIVERED
        assert told[first].status is DeliveryStatus.PENDING
        assert told[first].attempts[0].error == "ZeroDivisionError in Runcast itself; its log says more"
        assert "a defect" in caplog.text


async def test_an_address_that_must_not_be_reached_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with Server(ServerConfig(database=":memory:")) as server:
        await _stop_services(server)
        courier = Courier(OutgoingSettings(), server.engine.access.secret)
        own = await courier.seal("dev", channels.webhook("http://localhost:3000/", secret="a secret of the webhook"))
        (id,) = await make(server, courier, own)
        await Deliver(server.engine.store, courier, "one").tick(server.engine.clock.now_ms())
        assert (await found(server))[id].status is DeliveryStatus.FAILED
        await courier.close()
    (warning,) = caplog.messages
    assert warning.startswith(f"{id} to the channel ")
    assert "localhost is not of the public internet; the setting outgoing_private can allow it" in warning


async def test_a_tick_that_is_cancelled_leaves_what_it_claimed_to_the_next_engine() -> None:
    began = asyncio.Event()

    class Slow(Courier):
        async def send(self, kind: ChannelKind, sealed: str, told: Told) -> Answer:
            began.set()
            await asyncio.Event().wait()
            raise AssertionError("it is cancelled")

    async with Server(ServerConfig(database=":memory:")) as server:
        await _stop_services(server)
        slow = Slow(OutgoingSettings(), server.engine.access.secret)
        (id,) = await make(server, slow, await slow.seal("dev", channels.slack("https://hooks.example.com/x")))
        store, clock = server.engine.store, server.engine.clock
        tick = asyncio.create_task(Deliver(store, slow, "one").tick(clock.now_ms()))
        await asyncio.wait_for(began.wait(), 20)
        tick.cancel()
        await asyncio.gather(tick, return_exceptions=True)
        claimed = (await found(server))[id]
        assert (claimed.status, len(claimed.attempts)) == (DeliveryStatus.PENDING, 1)
        with receiving() as receiver:
            good = Courier(OutgoingSettings(private=("127.0.0.1",)), server.engine.access.secret)
            again = await good.seal("dev", channels.slack(receiver.url))
            moved = ChannelRef(claimed.channel_id, again.kind, again.shown, again.sealed)
            await store.write(partial(_put, moved))
            await Deliver(store, good, "two").tick(clock.now_ms())
            await good.close()
        told = (await found(server))[id]
        assert [(one.number, one.status) for one in told.attempts] == [(1, None), (2, 200)]
        assert told.status is DeliveryStatus.DELIVERED
