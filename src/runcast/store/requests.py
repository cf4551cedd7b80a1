"""What makes a request count once: answers that are given again, and tokens that are good for one trigger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from runcast.domain.errors import Conflict, NotFound
from runcast.domain.limits import ANSWER_MS, ONE_TIME_TOKEN_MS, TICK_ROWS_MAX
from runcast.store.script import Script, call

T = TypeVar("T")


def once(digest: str, now: int, script: Callable[[], Script[T]], kind: type[T]) -> Script[T]:
    """What the script answers, or what it answered to the first request of this digest, minutes ago."""
    kept: str | None = yield call("find_answer", digest=digest, now=now)
    if kept is not None:
        return msgspec.json.decode(kept, type=kind)
    answer = yield from script()
    text = msgspec.json.encode(answer).decode()
    yield call("keep_answer", digest=digest, answer=text, expires_at=now + ANSWER_MS)
    return answer


def use_token(digest: str, now: int) -> Script[None]:
    """Raises `Conflict` for a token that was used before."""
    used_until: int | None = yield call("token_used_until", digest=digest)
    if used_until is not None:
        raise Conflict("this one-time use token was already used: ask for another")
    yield call("use_token", digest=digest, expires_at=now + ONE_TIME_TOKEN_MS)


def forget(now: int) -> Script[None]:
    """Remove a piece of what need not be remembered any more."""
    yield call("forget_tokens", now=now, limit=TICK_ROWS_MAX)
    yield call("forget_public_tokens", now=now, limit=TICK_ROWS_MAX)
    yield call("forget_answers", now=now, limit=TICK_ROWS_MAX)


def release_failed(environment: str, keys: Sequence[tuple[str, str]]) -> Script[None]:
    """Idempotency keys (task, key) of runs that ended without success stand for them no more."""
    yield call("release_failed_keys", environment=environment, keys=keys)


def forget_key(environment: str, task: str, key: str, now: int) -> Script[None]:
    """The next trigger with this idempotency key makes a run. Raises `NotFound` when it stands for none."""
    run_id: str | None = yield call("run_of_key", environment=environment, task=task, key=key, now=now)
    if run_id is None:
        raise NotFound("no run of this task has that idempotency key")
    yield call("forget_key", environment=environment, task=task, key=key)
