"""Finds a task by what another process knows of it."""

from __future__ import annotations

import importlib
from typing import Any

from runcast.domain.errors import InvalidInput
from runcast.sdk.registry import registry
from runcast.sdk.task import TaskDefinition


def find_task(module: str, qualname: str, name: str) -> TaskDefinition[..., Any]:
    """The task `name`, whose function is `module.qualname`, as any process finds it: in its module, or registered
    when that is imported. Raises `InvalidInput` for one that only this process can know."""
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if "<locals>" not in qualname and not isinstance(found, TaskDefinition):
        found = registry.find(name)
    if not isinstance(found, TaskDefinition):
        raise InvalidInput(
            f"task {name!r} ({module}.{qualname}) cannot be executed in a process of its own: put it at the top of its "
            "module, where another process finds it"
        )
    return found
