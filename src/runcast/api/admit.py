"""Takes a trigger that came over HTTP: once for each request, once for each one-time token, below its parent."""

from __future__ import annotations

import hashlib
from functools import partial

from litestar import Request
from msgspec.structs import replace

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.domain.errors import InvalidInput
from runcast.domain.run import NewRun, Run, Triggered
from runcast.engine.enqueue import check
from runcast.store import requests
from runcast.store.enqueue import enqueue
from runcast.store.script import Script, call

REQUEST_KEY = "x-trigger-request-idempotency-key"
REQUEST_KEY_CHARS_MAX = 256


def request_digest(request: Request, environment: str, what: str) -> str:  # type: ignore[type-arg]
    """What stands for a request that its client may send again, with the same key or token; empty: it has none."""
    key = request.headers.get(REQUEST_KEY, "")
    if len(key) > REQUEST_KEY_CHARS_MAX:
        raise InvalidInput(f"{REQUEST_KEY} has at most {REQUEST_KEY_CHARS_MAX} characters, got {len(key)}")
    # An answer may hold a token: it is for whoever asked.
    who = request.headers.get("authorization", "")
    return hashlib.sha256(f"{environment}\0{what}\0{who}\0{key}".encode()).hexdigest() if key else ""


async def admit(api: Api, caller: Caller, run: NewRun, *, parent_id: str | None = None, digest: str = "") -> Triggered:
    """Store a run. Raises `InvalidInput`, `Overloaded`, and `Conflict` for a one-time token that was used before."""
    check(run)
    # Whoever has only a token for a task reaches no other run with it.
    parent_id = None if caller.role is None else parent_id
    script = partial(_admit, run, parent_id, caller.token, api.now_ms())
    if not digest:
        return await api.engine.store.write(script)
    return await api.engine.store.write(partial(requests.once, digest, api.now_ms(), script, Triggered))


def _admit(run: NewRun, parent_id: str | None, token: str, now: int) -> Script[Triggered]:
    if token:
        yield from requests.use_token(token, now)
    if parent_id is not None:
        run = yield from _below(run, parent_id)
    if run.idempotency_key is not None:
        yield from requests.release_failed(run.environment, [(run.task, run.idempotency_key)])
    [triggered] = yield from enqueue([run], now)
    return triggered


def _below(run: NewRun, parent_id: str) -> Script[NewRun]:
    # As it lies: whoever writes next waits for this, and nobody wants the parent's payload.
    parent: Run | None = yield call("find_run", id=parent_id)
    if parent is None or parent.environment != run.environment:
        raise InvalidInput(f"parentRunId {parent_id[:100]!r} is no run here")
    return replace(run, parent_id=parent.id, root_id=parent.root_id, depth=parent.depth + 1)
