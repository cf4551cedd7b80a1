"""Sending messages to runs: once, whoever sends, and from a body exactly once."""

from __future__ import annotations

from typing import Any

from runcast.domain.ids import RunId
from runcast.domain.message import Message, NewMessage
from runcast.gateway import ClientGateway
from runcast.sdk.ambient import current_door
from runcast.sdk.call import Call
from runcast.sdk.doors import Door
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.options import check_key
from runcast.sdk.scope import current_scope
from runcast.sdk.step import step


def send(run_id: str, inbox: str, text: str, *, key: str | None) -> Call[Message]:
    """Send JSON text. In a body it is a step whose message has the step's key, so that a retry sends it once."""
    check_key(key, "key")
    scope = current_scope.get()
    if scope is None or scope.trial is not None:
        return send_through(current_door(), run_id, inbox, text, key=key)
    return step(_send_in_step, name=f"send:{inbox}")(run_id, inbox, text, key)


def send_through(door: Door, run_id: str, inbox: str, text: str, *, key: str | None) -> Call[Message]:
    """Send through a door. A connection that breaks meanwhile does no harm: the message has a key."""
    message = NewMessage(RunId(run_id), inbox, text, key or fresh_id("message"))

    async def ask(gateway: ClientGateway) -> Message:
        (sent,) = await gateway.send([message])
        return sent

    return door.call(ask, again=ask)


async def _send_in_step(run_id: str, inbox: str, text: str, key: str | None) -> Message:
    scope: Any = current_scope.get()
    own = f"{scope.execution.run_id}/{scope.trial.key}"
    return await send_through(current_door(), run_id, inbox, text, key=key or own)
