"""The tasks that a start-up message names: the user's own, without those of apps that come with Runcast."""

from __future__ import annotations

from typing import Any

from runcast.sdk.registry import registry
from runcast.sdk.task import TaskDefinition

_APPS = "runcast.apps."


def own_tasks() -> list[TaskDefinition[..., Any]]:
    """Registered tasks, in the order in which they were declared."""
    return [task for task in registry if not task.fn.__module__.startswith(_APPS)]
