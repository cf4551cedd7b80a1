"""Alert channels and their deliveries: made at run time, tried out, looked into."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, QueryParameter

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.pages import PAGE_SIZE, After, Cursors, Size
from runcast.api.views.channel import ChannelView, DeliveryView, show_channel, show_delivery
from runcast.domain.alert import AlertOn, AlertRule
from runcast.domain.alert_text import TEST
from runcast.domain.channel import ChannelKind, ChannelRef, Target
from runcast.domain.delivery import DeliveryStatus
from runcast.domain.errors import InvalidInput, NotFound, Unavailable
from runcast.engine.channels import Courier
from runcast.sdk.alert import make_rule
from runcast.sdk.fresh_ids import fresh_id
from runcast.store import channels, deliveries
from runcast.store.channels import ChannelState
from runcast.store.deliveries import DeliveryFilter

_BODY_BYTES_MAX = 64 * 1024


class NewChannelBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel to be made, with what it tells."""

    name: str
    kind: ChannelKind = msgspec.field(name="type")
    on: tuple[AlertOn, ...]
    url: str = ""
    """Of a webhook, or of Slack."""
    secret: str = ""
    """What signs a webhook's deliveries, 16 characters or more; without it one is made."""
    addresses: tuple[str, ...] = ()
    """Of e-mail."""
    tasks: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    over: str | int | None = None
    """A duration for `slow`, a number of runs for `backlog`."""
    window: str = "1h"
    """What looks the same within this is one event."""


class ChannelList(msgspec.Struct, frozen=True):
    """The channels of an environment, oldest first."""

    data: tuple[ChannelView, ...]


class DeliveryList(msgspec.Struct, frozen=True):
    """A page of deliveries, newest first."""

    data: tuple[DeliveryView, ...]
    pagination: Cursors


@get("/api/v1/alert-channels", tags=["Alerts"], summary="List alert channels")
async def list_channels(api: Api, caller: Caller) -> ChannelList:
    """Those that were made here, and those that alerts in code declare."""
    caller.require("read")
    states = await api.engine.store.read(partial(channels.list_channels, caller.environment))
    return ChannelList(tuple(show_channel(state) for state in states))


@post(
    "/api/v1/alert-channels",
    status_code=200,
    request_max_body_size=_BODY_BYTES_MAX,
    tags=["Alerts"],
    summary="Make an alert channel",
)
async def create_channel(data: NewChannelBody, api: Api, caller: Caller) -> ChannelView:
    """A webhook, e-mail or Slack channel, and what it tells. The secret of a webhook is in this answer, and in no other."""
    caller.require("admin")
    secret = (data.secret or secrets.token_hex(24)) if data.kind is ChannelKind.WEBHOOK else ""
    target = Target(data.kind, url=data.url, secret=secret, addresses=data.addresses)
    courier = _courier(api)
    courier.check(target)
    channel = await courier.seal(caller.environment, target, unique=fresh_id("channel"))
    script = partial(channels.create, caller.environment, data.name, channel, _rules(data, channel), api.now_ms())
    await api.engine.store.write(script)
    return show_channel(await _find(api, caller, channel.id), secret=secret)


@get("/api/v1/alert-channels/{channel_id:str}", tags=["Alerts"], summary="Retrieve an alert channel")
async def retrieve_channel(channel_id: FromPath[str], api: Api, caller: Caller) -> ChannelView:
    """A channel, without its secret."""
    caller.require("read")
    return show_channel(await _find(api, caller, channel_id))


@delete("/api/v1/alert-channels/{channel_id:str}", status_code=204, tags=["Alerts"], summary="Delete an alert channel")
async def delete_channel(channel_id: FromPath[str], api: Api, caller: Caller) -> None:
    """What is on its way to it fails. One that code declares is removed there."""
    caller.require("admin")
    await api.engine.store.write(partial(channels.remove, caller.environment, channel_id))


@post(
    "/api/v1/alert-channels/{channel_id:str}/test", status_code=200, tags=["Alerts"], summary="Try out an alert channel"
)
async def try_channel(channel_id: FromPath[str], api: Api, caller: Caller) -> DeliveryView:
    """Tell the channel of a failure that never was. The answer is the delivery as it begins."""
    caller.require("write")
    state = await _find(api, caller, channel_id)
    channel = ChannelRef(state.channel.id, state.channel.kind)
    script = partial(deliveries.add_test, caller.environment, channel, TEST, fresh_id("test"), api.now_ms())
    delivery_id = await api.engine.store.write(script)
    api.engine.tell_alerts()
    return await _delivery(api, caller, delivery_id)


@get("/api/v1/alert-deliveries", tags=["Alerts"], summary="List alert deliveries")
async def list_deliveries(
    api: Api,
    caller: Caller,
    size: Size = PAGE_SIZE,
    after: After = None,
    channel: Annotated[str | None, QueryParameter(name="filter[channel]")] = None,
    status: Annotated[DeliveryStatus | None, QueryParameter(name="filter[status]")] = None,
) -> DeliveryList:
    """Deliveries with their attempts, newest first."""
    caller.require("read")
    filter = DeliveryFilter(environment=caller.environment, channel_id=channel, status=status)
    found = await api.engine.store.read(partial(deliveries.list_deliveries, filter, after, size + 1))
    shown = tuple(show_delivery(one) for one in found[:size])
    return DeliveryList(shown, Cursors(shown[-1].id) if len(found) > size else Cursors())


@get("/api/v1/alert-deliveries/{delivery_id:str}", tags=["Alerts"], summary="Retrieve an alert delivery")
async def retrieve_delivery(delivery_id: FromPath[str], api: Api, caller: Caller) -> DeliveryView:
    """A delivery with its attempts."""
    caller.require("read")
    return await _delivery(api, caller, delivery_id)


@post(
    "/api/v1/alert-deliveries/{delivery_id:str}/retry",
    status_code=200,
    tags=["Alerts"],
    summary="Try a failed delivery once more",
)
async def retry_delivery(delivery_id: FromPath[str], api: Api, caller: Caller) -> DeliveryView:
    """One more attempt, at once."""
    caller.require("write")
    await api.engine.store.write(partial(deliveries.revive, caller.environment, delivery_id, api.now_ms()))
    api.engine.tell_alerts()
    return await _delivery(api, caller, delivery_id)


def _rules(data: NewChannelBody, channel: ChannelRef) -> tuple[AlertRule, ...]:
    """An alert for each kind of thing that the channel tells."""
    kinds = tuple(dict.fromkeys(data.on))
    if not kinds:
        raise InvalidInput(f"on names what the channel tells: {', '.join(AlertOn)}")
    return tuple(
        make_rule(
            data.name if len(kinds) == 1 else f"{data.name}: {kind}",
            on=kind,
            to=(channel,),
            tasks=data.tasks,
            queues=data.queues,
            over=data.over if kind in (AlertOn.SLOW, AlertOn.BACKLOG) else None,
            window=data.window,
        )
        for kind in kinds
    )


def _courier(api: Api) -> Courier:
    if api.engine.courier is None:
        raise Unavailable("this server tells no alerts")
    return api.engine.courier


async def _find(api: Api, caller: Caller, channel_id: str) -> ChannelState:
    found = await api.engine.store.read(partial(channels.list_channels, caller.environment, channel_id))
    if not found:
        raise NotFound("Alert channel not found")
    return found[0]


async def _delivery(api: Api, caller: Caller, delivery_id: str) -> DeliveryView:
    filter = DeliveryFilter(environment=caller.environment, id=delivery_id)
    found = await api.engine.store.read(partial(deliveries.list_deliveries, filter))
    if not found:
        raise NotFound("Alert delivery not found")
    return show_delivery(found[0])


ROUTES = [
    list_channels,
    create_channel,
    retrieve_channel,
    delete_channel,
    try_channel,
    list_deliveries,
    retrieve_delivery,
    retry_delivery,
]
