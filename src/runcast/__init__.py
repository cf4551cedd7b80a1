"""Durable background work for Python that you can watch while it happens.

The whole public API; `runcast.testing` has the rest. Names are imported when they are first used, so that
`import runcast` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runcast.api.caller import Caller
    from runcast.domain.alert import AlertEvent
    from runcast.domain.errors import (
        AccessDenied,
        BodyLost,
        Conflict,
        DatabaseCorrupt,
        DatabaseLocked,
        DatabaseReadOnly,
        DiskFull,
        DuplicateTask,
        ErrorInfo,
        InvalidInput,
        InvalidPayload,
        LostOwnership,
        NotDurableHere,
        NotFound,
        Overloaded,
        Parked,
        RuncastError,
        StepFailed,
        TaskFailed,
        Unavailable,
        UnknownTask,
        ValueTooLarge,
        WaitTimedOut,
    )
    from runcast.domain.file import File
    from runcast.domain.nav import NavItem
    from runcast.domain.retry import Retry
    from runcast.domain.run import Counts, Run, RunStatus
    from runcast.domain.schedule import ScheduledRun, ScheduleState
    from runcast.domain.transaction import Transaction
    from runcast.embedded import embed
    from runcast.sdk import (
        artifacts,
        batch,
        channels,
        hooks,
        logger,
        metadata,
        offload,
        outbox,
        streams,
        tags,
        tasks,
        usage,
        wait,
    )
    from runcast.sdk.alert import Alert
    from runcast.sdk.call import Call
    from runcast.sdk.client import Client
    from runcast.sdk.control import AbortRun, CompleteRun, Continue
    from runcast.sdk.debounce import Debounce
    from runcast.sdk.extension import Extension, Tx, batch_trigger_in, trigger_in
    from runcast.sdk.files import files
    from runcast.sdk.handle import BatchHandle, RunHandle
    from runcast.sdk.inbox import Inbox, inbox
    from runcast.sdk.info import RunInfo, current_run
    from runcast.sdk.locals import Local
    from runcast.sdk.named_transaction import transact
    from runcast.sdk.outside import Following
    from runcast.sdk.progress import progress
    from runcast.sdk.queues import Queue
    from runcast.sdk.resource import resource
    from runcast.sdk.result import Failed, Ok, Result
    from runcast.sdk.retention import Retention
    from runcast.sdk.retrying import retrying
    from runcast.sdk.runs import RunUpdate
    from runcast.sdk.schedule import Schedule
    from runcast.sdk.schedules import schedules
    from runcast.sdk.sealing import Codec
    from runcast.sdk.select import as_completed, select, timeout
    from runcast.sdk.snapshot import RunSnapshot
    from runcast.sdk.step import step
    from runcast.sdk.task import task
    from runcast.sdk.topics import TopicChange
    from runcast.sdk.values import now, random, uuid4

__version__ = "0.1.0"

__all__ = [
    "AbortRun",
    "AccessDenied",
    "Alert",
    "AlertEvent",
    "BatchHandle",
    "BodyLost",
    "Call",
    "Caller",
    "Client",
    "Codec",
    "CompleteRun",
    "Conflict",
    "Continue",
    "Counts",
    "DatabaseCorrupt",
    "DatabaseLocked",
    "DatabaseReadOnly",
    "Debounce",
    "DiskFull",
    "DuplicateTask",
    "ErrorInfo",
    "Extension",
    "Failed",
    "File",
    "Following",
    "Inbox",
    "InvalidInput",
    "InvalidPayload",
    "Local",
    "LostOwnership",
    "NavItem",
    "NotDurableHere",
    "NotFound",
    "Ok",
    "Overloaded",
    "Parked",
    "Queue",
    "Result",
    "Retention",
    "Retry",
    "Run",
    "RunHandle",
    "RunInfo",
    "RunSnapshot",
    "RunStatus",
    "RunUpdate",
    "RuncastError",
    "Schedule",
    "ScheduleState",
    "ScheduledRun",
    "StepFailed",
    "TaskFailed",
    "TopicChange",
    "Transaction",
    "Tx",
    "Unavailable",
    "UnknownTask",
    "ValueTooLarge",
    "WaitTimedOut",
    "__version__",
    "artifacts",
    "as_completed",
    "batch",
    "batch_trigger_in",
    "channels",
    "current_run",
    "embed",
    "files",
    "hooks",
    "inbox",
    "logger",
    "metadata",
    "now",
    "offload",
    "outbox",
    "progress",
    "random",
    "resource",
    "retrying",
    "schedules",
    "select",
    "step",
    "streams",
    "tags",
    "task",
    "tasks",
    "timeout",
    "transact",
    "trigger_in",
    "usage",
    "uuid4",
    "wait",
]

_HOMES = {
    "alert": ("Alert",),
    "call": ("Call",),
    "client": ("Client",),
    "control": ("AbortRun", "CompleteRun", "Continue"),
    "debounce": ("Debounce",),
    "extension": ("Extension", "Tx", "batch_trigger_in", "trigger_in"),
    "files": ("files",),
    "handle": ("BatchHandle", "RunHandle"),
    "inbox": ("Inbox", "inbox"),
    "info": ("RunInfo", "current_run"),
    "locals": ("Local",),
    "named_transaction": ("transact",),
    "progress": ("progress",),
    "queues": ("Queue",),
    "outside": ("Following",),
    "resource": ("resource",),
    "result": ("Failed", "Ok", "Result"),
    "retention": ("Retention",),
    "retrying": ("retrying",),
    "schedule": ("Schedule",),
    "schedules": ("schedules",),
    "sealing": ("Codec",),
    "select": ("as_completed", "select", "timeout"),
    "runs": ("RunUpdate",),
    "snapshot": ("RunSnapshot",),
    "step": ("step",),
    "task": ("task",),
    "topics": ("TopicChange",),
    "values": ("now", "random", "uuid4"),
}
_MODULES = frozenset(
    {
        "artifacts",
        "batch",
        "channels",
        "hooks",
        "logger",
        "metadata",
        "offload",
        "outbox",
        "streams",
        "tags",
        "tasks",
        "usage",
        "wait",
    }
)
_HOME_OF = {name: f"runcast.sdk.{home}" for home, names in _HOMES.items() for name in names}
_HOME_OF["AlertEvent"] = "runcast.domain.alert"
_HOME_OF["Caller"] = "runcast.api.caller"
_HOME_OF["NavItem"] = "runcast.domain.nav"
_HOME_OF["File"] = "runcast.domain.file"
_HOME_OF["Transaction"] = "runcast.domain.transaction"
_HOME_OF |= dict.fromkeys(("Counts", "Run", "RunStatus"), "runcast.domain.run")
_HOME_OF |= dict.fromkeys(("ScheduleState", "ScheduledRun"), "runcast.domain.schedule")
_HOME_OF |= {"Retry": "runcast.domain.retry", "embed": "runcast.embedded"}


if not TYPE_CHECKING:  # so that a misspelt name is a type error

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module 'runcast' has no attribute {name!r}")
        if name in _MODULES:
            found: Any = import_module(f"runcast.sdk.{name}")
        else:
            found = getattr(import_module(_HOME_OF.get(name, "runcast.domain.errors")), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted(__all__)
