"""What the reference page fills in for a request: the smallest body that works, instead of every field with "string" in it."""

from __future__ import annotations

from typing import Any

BODIES: dict[str, dict[str, Any]] = {
    "TriggerBody": {"payload": {"name": "Ada"}, "options": {"tags": ["first"]}},
    "ReplayBody": {},
    "RescheduleBody": {"delay": "1h"},
    "TagsBody": {"tags": ["customer:17"]},
    "MetadataBody": {"operations": [{"type": "set", "key": "reviewed", "value": True}]},
    "BulkBody": {"action": "cancel", "filter": {"status": "QUEUED", "period": "1d"}},
    "NewBatchBody": {"runCount": 2},
    "NewWaitBody": {"timeout": "7d"},
    "CompleteBody": {"data": {"approved": True}},
    "NewScheduleBody": {
        "task": "hello",
        "cron": "0 9 * * 1-5",
        "timezone": "Europe/Zurich",
        "deduplicationKey": "hello",
    },
    "ChangedScheduleBody": {"task": "hello", "cron": "0 9 * * 1-5", "timezone": "Europe/Zurich"},
    "PauseBody": {"action": "pause"},
    "OverrideBody": {"concurrencyLimit": 10},
    "PublicTokenBody": {"scopes": ["read:tags:customer:17"], "expirationTime": "1h"},
    "NewKeyBody": {"name": "website", "role": "operator"},
    "NewPersonBody": {"email": "ada@example.com", "password": "at least ten characters", "role": "viewer"},
    "NewChannelBody": {"name": "ops", "type": "webhook", "url": "https://example.com/hooks/runs", "on": ["failed"]},
}
"""By the name of the body's schema."""
INTRODUCTION = """\
To try a request here, press **Authorize** and paste an API key: `runcast dev` prints one, and `runcast keys create NAME` makes others.
A key is of one environment, and sees that one. Errors are `{"error": "one sentence", "code": "for programs"}`.
"""
