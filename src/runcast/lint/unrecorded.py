"""What a body does that a second execution would do again, or differently: RC001-RC003; what blocks: RC009, RC010."""

from __future__ import annotations

import ast

from runcast.lint import known
from runcast.lint.durable import calls, text
from runcast.lint.visit import Findings, Visit


def check_unrecorded(visit: Visit) -> Findings:
    """Time, randomness and I/O that a durable call may follow, in the body of a task."""
    if not visit.in_task:
        return
    for call in calls(visit.function):
        if visit.flow.before.get(call, False):
            yield from _unrecorded(visit, call)


def _unrecorded(visit: Visit, call: ast.Call) -> Findings:
    path, arguments = _called(visit, call)
    if path is None:
        return
    what = f"`{text(call)}`"
    if known.is_time(path, arguments=arguments):
        yield visit.finding("RC001", call, what)
    elif known.is_random(path, arguments=arguments):
        yield visit.finding("RC002", call, what)
    elif path in known.IO:
        yield visit.finding("RC003", call, what)


def _called(visit: Visit, call: ast.Call) -> tuple[str | None, bool]:
    """What is called in the end, here or on a thread, and whether with arguments."""
    path = visit.resolve(call.func)
    if path in known.THREADS and call.args:
        return visit.resolve(call.args[0]), len(call.args) > 1
    return path, bool(call.args or call.keywords)


def check_blocking(visit: Visit) -> Findings:
    """Calls that stop the event loop."""
    if not visit.on_loop:
        return
    for call in calls(visit.function):
        path = visit.resolve(call.func)
        if path == "time.sleep":
            yield visit.finding("RC009", call, "`time.sleep`")
        elif path in known.BLOCKING_IO and not _is_told(visit, call):
            yield visit.finding("RC010", call, f"`{text(call)}`")


def _is_told(visit: Visit, call: ast.Call) -> bool:
    """RC003 speaks of this call already, and a `def` step is the answer to both."""
    return visit.in_task and visit.flow.before.get(call, False)
