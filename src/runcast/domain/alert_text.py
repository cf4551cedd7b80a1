"""What an alert says: to programs as a webhook's body, to people as a letter and in Slack."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from runcast.domain.alert import AlertEvent, AlertOn
from runcast.domain.errors import ErrorInfo
from runcast.domain.origin import read_origin
from runcast.domain.run import Run, RunStatus

WEBHOOK_VERSION = "v1"
_TYPES = {
    AlertOn.FAILED: "alert.run.failed",
    AlertOn.NEW_ERROR: "alert.error",
    AlertOn.SUCCEEDED: "alert.run.succeeded",
    AlertOn.PARKED: "alert.run.parked",
    AlertOn.SLOW: "alert.run.slow",
    AlertOn.BACKLOG: "alert.queue.backlog",
}
"""The official SDK knows the first two."""
_ENVIRONMENTS = {"prod": "PRODUCTION", "staging": "STAGING", "preview": "PREVIEW"}
_HEADLINES = {
    AlertOn.FAILED: "failed",
    AlertOn.NEW_ERROR: "failed with a new error",
    AlertOn.SUCCEEDED: "completed",
    AlertOn.PARKED: "needs a person",
    AlertOn.SLOW: "is slow",
    AlertOn.BACKLOG: "piles up",
}
_SLACK_CHARS_MAX = 2_500
"""Of a message in a block, which Slack refuses from 3,000 on."""


class Told(msgspec.Struct, frozen=True):
    """What is told of an event."""

    delivery_id: str
    environment: str
    event: AlertEvent
    run: Run | None = None
    """The run that raised it; None: none did, or it was removed."""
    run_url: str = ""
    version: str = ""
    """Of Runcast."""
    source: str = ""
    """Where the task is defined, `file:line`."""

    @property
    def headline(self) -> str:
        """One line for people.

        >>> event = AlertEvent(1, "failures", AlertOn.FAILED, "charge", "ValueError: no")
        >>> Told("delivery_1", "prod", event).headline
        'charge failed (prod)'
        """
        return f"{self.event.subject} {_HEADLINES[self.event.kind]} ({self.environment})"


def webhook_body(told: Told) -> bytes:
    """The body of a webhook: the same bytes for every try, but for how often an error occurred by then."""
    kind = told.event.kind
    if kind is AlertOn.NEW_ERROR:
        body = _error_object(told)
    elif kind is AlertOn.BACKLOG:
        body = {"queue": {"name": told.event.subject}, "message": told.event.message, **_place(told)}
    else:
        body = _run_object(told)
    document = {
        "id": told.delivery_id,
        "created": _iso(told.event.first_at),
        "webhookVersion": WEBHOOK_VERSION,
        "type": _TYPES[kind],
        "alert": told.event.alert,
        "object": body,
    }
    return msgspec.json.encode(document)


def _run_object(told: Told) -> dict[str, Any]:
    event, run = told.event, told.run
    origin = read_origin(run.origin if run else None)
    times = {} if run is None else {"startedAt": run.started_at, "completedAt": run.finished_at}
    about: dict[str, Any] = {
        "id": event.run_id or "",
        "number": event.seq,
        "status": run.status.value if run else RunStatus.FAILED.value,
        "createdAt": _iso(run.created_at if run else event.first_at),
        **{name: _iso(at) for name, at in times.items() if at is not None},
        "isTest": origin.is_test or event.alert == TEST,
        "tags": sorted(run.tags) if run else [],
        "error": _task_error(told),
        "isOutOfMemoryError": run is not None and run.error is not None and run.error.name == "MemoryError",
        "machine": (run.machine if run else None) or "small-1x",
        "dashboardUrl": told.run_url,
    }
    key = (origin.idempotency_key or run.idempotency_key) if run else None
    if key:
        about["idempotencyKey"] = key
    task = {
        "id": event.subject,
        "filePath": told.source.rpartition(":")[0] or told.source,
        "version": told.version,
        "sdkVersion": told.version,
        "cliVersion": told.version,
    }
    return {"task": task, "run": about, "message": event.message, **_place(told)}


def _task_error(told: Told) -> dict[str, str]:
    error = told.run.error if told.run else None
    if error is None:
        return {"type": "STRING_ERROR", "raw": told.event.message}
    message = error.user_message or error.message
    return {"type": "BUILT_IN_ERROR", "name": error.name, "message": message, "stackTrace": error.stack}


def _error_object(told: Told) -> dict[str, Any]:
    event = told.event
    found = told.run.error if told.run else None
    error = found or ErrorInfo("builtins.Exception", event.message)
    place = _place(told)
    about = {
        "fingerprint": event.fingerprint,
        "type": error.name,
        "message": error.user_message or error.message,
        "firstSeen": _iso(event.first_at),
        "lastSeen": _iso(event.last_at),
        "occurrenceCount": event.count,
        "taskIdentifier": event.subject,
    }
    if error.stack:
        about["stackTrace"] = error.stack
    environment = {"id": told.environment, "name": told.environment}
    return {
        "classification": "new_issue", "error": about, "dashboardUrl": told.run_url, "runId": event.run_id or "",
        **place, "environment": environment,
    }  # fmt: skip


def _place(told: Told) -> dict[str, Any]:
    """Where it happened. An installation has one organization."""
    project, _, slug = told.environment.rpartition("/")
    project = project or "default"
    kind = _ENVIRONMENTS.get(slug, "DEVELOPMENT")
    return {
        "environment": {"id": told.environment, "type": kind, "slug": slug},
        "organization": {"id": "runcast", "slug": "runcast", "name": "Runcast"},
        "project": {"id": project, "ref": project, "slug": project, "name": project},
    }


def plain_text(told: Told) -> str:
    """The body of a letter."""
    event, run = told.event, told.run
    lines = [told.headline, "", event.message, ""]
    lines += [f"Alert:  {event.alert}", f"Time:   {_iso(event.first_at)}"]
    if event.run_id:
        lines.append(f"Run:    {event.run_id}")
    if told.run_url:
        lines.append(f"Look:   {told.run_url}")
    if run is not None and run.error is not None and run.error.stack:
        lines += ["", run.error.stack]
    return "\n".join(lines) + "\n"


def slack_body(told: Told) -> bytes:
    """A message as incoming webhooks take it: a line for notifications, and blocks."""
    event = told.event
    title = _slack_text(told.headline)
    if told.run_url:
        title = f"<{told.run_url}|{title}>"
    details = [_slack_text(event.alert), *([event.run_id] if event.run_id else []), _iso(event.first_at)]
    message = _slack_text(event.message[:_SLACK_CHARS_MAX])
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"*{title}*\n{message}"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": " · ".join(details)}]},
    ]
    return msgspec.json.encode({"text": _slack_text(f"{told.headline}: {event.message[:200]}"), "blocks": blocks})


TEST = "test"
"""The alert that a test of a channel tells of."""


def test_event(now: int) -> AlertEvent:
    """What a test of a channel tells."""
    message = "This is a test: nothing has failed."
    return AlertEvent(0, TEST, AlertOn.FAILED, "hello", message, "run_test", TEST, 1, now, now)


def _slack_text(text: str) -> str:
    """Slack reads three characters as markup: `<!channel>` in an error would wake everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
