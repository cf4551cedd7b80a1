"""A thread of a run that waits for a durable call: a `def` body's, or a `def` hook's."""

from __future__ import annotations

from threading import get_ident
from typing import TYPE_CHECKING, Any

from runcast.domain.errors import NotDurableHere
from runcast.sdk.scope import current_scope
from runcast.sdk.waiters import ThreadWait

if TYPE_CHECKING:
    from runcast.sdk.call import Call
    from runcast.sdk.execution import Execution


def block_thread(execution: Execution, call: Call[Any]) -> None:
    """Block the calling thread until `call` is done; raises what a stop of the execution raises."""
    if get_ident() != _own_thread(execution) or get_ident() == execution.host.thread_id:
        raise NotDurableHere("call.result() blocks only in the thread of a def task: await the call instead")
    waiter = ThreadWait()
    execution.host.loop.call_soon_threadsafe(_watch, execution, call, waiter)
    waiter.block()
    if execution.suspension is not None:
        execution.suspension.block()
    if not call.done:
        execution.raise_stopped()


def _own_thread(execution: Execution) -> int:
    """The thread whose calls have an order where the caller is."""
    scope = current_scope.get()
    return (None if scope is None else scope.thread_id) or execution.thread_id


def _watch(execution: Execution, call: Call[Any], waiter: ThreadWait) -> None:
    if call.done or execution.stop is not None:
        waiter.set_result(None)
        return
    execution.thread_wait = waiter
    call.add_waiter(waiter)
    if call.on_engine:
        execution.waits += 1
        execution.busy -= 1
        execution.host.changed(execution)
