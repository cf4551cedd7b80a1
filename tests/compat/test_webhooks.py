"""Alert webhooks of a real server, read by the official SDK."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from runcast.outgoing.settings import OutgoingSettings
from runcast.sdk import channels
from runcast.sdk.alert import Alert
from tests.api.site import sample_tasks, serving
from tests.compat.node import Clients
from tests.outgoing.receiver import receiving

pytestmark = pytest.mark.slow

SECRET = "a secret of the webhook: größer als ASCII"


async def test_the_official_sdk_takes_our_alerts(clients: Clients, tmp_path: Path) -> None:
    registry = sample_tasks()
    with receiving() as receiver:
        target = channels.webhook(receiver.url, secret=SECRET)
        Alert("failures", on="failed", to=target, registry=registry)
        Alert("new", on="new_error", to=target, registry=registry)
        async with serving(registry=registry, outgoing=OutgoingSettings(private=("127.0.0.1",))) as site:
            (channel,) = (await site.get("/api/v1/alert-channels"))["data"]
            await site.post(f"/api/v1/alert-channels/{channel['id']}/test")
            await site.run("fail", {"message": "größer als erlaubt"})
            sent = [await asyncio.to_thread(receiver.next) for _ in range(3)]
    told = [{"body": one.body.decode(), "signature": one.headers["x-trigger-signature-hmacsha256"]} for one in sent]
    file = tmp_path / "sent.json"
    file.write_text(json.dumps(told))
    environment = {"COMPAT_WEBHOOKS": str(file), "COMPAT_WEBHOOK_SECRET": SECRET}
    checks = await asyncio.to_thread(clients.run, "webhooks.mjs", environment)
    wrong = [f"{check.name}\n{check.error}" for check in checks if check.error]
    assert not wrong, "\n\n".join(wrong)
    assert len(checks) == 4
