"""How much a worker does at once, and how patient it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from runcast.domain import limits
from runcast.domain.access import check_environment

if TYPE_CHECKING:
    from runcast.settings import Settings

PROCESSES_MAX = 8
"""Runs with a process of their own that the setting `concurrency` asks for at most; each is a whole interpreter."""


class WorkerSettings(msgspec.Struct, frozen=True):
    """Settings of one worker. Capacities count executing runs; a waiting run takes none."""

    environment: str = "dev"
    labels: tuple[str, ...] | None = None
    """The machines it serves; None: every one."""
    ttl_ms: int | None = None
    """For runs whose trigger and task name none."""
    async_capacity: int = 1_000
    thread_capacity: int = 16
    process_capacity: int = 2
    step_threads: int = 32
    """Threads for `def` steps, beside those for `def` tasks."""
    evict_after_ms: int = limits.EVICT_AFTER_MS
    """How long a waiting coroutine stays in memory; 0: not at all."""
    resident_max: int = 20_000
    """Waiting coroutines in memory; past it the one that waits longest is evicted."""
    grace_ms: int = limits.SHUTDOWN_GRACE_MS
    """What attempts get to finish when the worker stops."""
    kill_after_ms: int = 5_000
    """From a process's termination signal to its kill."""
    flush_ms: int = limits.EFFECT_FLUSH_MS
    """Effects that nothing else carries wait at most this long."""
    abandoned_threads_max: int = limits.ABANDONED_THREADS_MAX


def worker_settings(settings: Settings) -> WorkerSettings:
    """What a project's settings say of its workers."""
    limit = settings.concurrency
    capacity = WorkerSettings(
        environment=check_environment(settings.environment),
        grace_ms=settings.shutdown_grace_ms,
        evict_after_ms=settings.evict_after_ms,
        ttl_ms=settings.ttl_ms or None,
        labels=settings.labels or None,
    )
    if limit is None:
        return capacity
    processes = min(limit, PROCESSES_MAX)
    return replace(capacity, async_capacity=limit, thread_capacity=limit, process_capacity=processes)
