"""Hooks and middleware: their order, what they may decide, and what a re-execution repeats."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import pytest

from runcast import (
    AbortRun,
    CompleteRun,
    Conflict,
    Continue,
    InvalidInput,
    Local,
    NotFound,
    Retry,
    TaskFailed,
    current_run,
    hooks,
    logger,
    metadata,
    now,
    step,
    task,
    usage,
    wait,
)
from runcast.sdk.registry import Registry, registry
from runcast.testing import TestEngine, assert_crash_safe

told: list[Any] = []
home = Registry()


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    told.clear()
    yield
    registry.hooks.clear_hooks()


@task(registry=home, name="traced", retry=Retry(max_attempts=2))
async def traced(n: int) -> int:
    told.append("body")
    if n < 0:
        raise ValueError("negative")
    return n


@task(registry=home, name="traced_def", retry=Retry(max_attempts=2))
def traced_def(n: int) -> int:
    told.append("body")
    if n < 0:
        raise ValueError("negative")
    return n


for traced_task in (traced, traced_def):

    @traced_task.middleware
    async def _around(attempt: hooks.Attempt, call_next: hooks.CallNext) -> None:
        told.append("middleware in")
        try:
            await call_next()
        except ValueError as error:
            told.append(f"middleware saw {error}")
            raise
        finally:
            told.append("middleware out")

    @traced_task.on_start_attempt
    def _start(attempt: hooks.Attempt) -> None:
        told.append(f"start {attempt.run.attempt} {attempt.arguments}")

    @traced_task.catch_error
    async def _catch(failure: hooks.Failure) -> None:
        told.append(f"catch {failure.error}")

    @traced_task.on_success
    async def _success(success: hooks.Success[int]) -> None:
        told.append(f"success {success.output}")

    @traced_task.on_failure
    def _failure(failure: hooks.Failure) -> None:
        told.append(f"failure {failure.error}")

    @traced_task.on_complete
    async def _complete(completion: hooks.Completion[int]) -> None:
        told.append(f"complete {completion.result.ok}")


both = pytest.mark.parametrize("name", ["traced", "traced_def"])
memory = pytest.mark.parametrize("evict_after", [None, 0], ids=["resident", "evicted"])


@both
async def test_hooks_of_a_success_come_in_order(name: str) -> None:
    async with TestEngine(list(home)) as engine:
        assert await engine.run(home.get(name), 7) == 7
    assert told == ["middleware in", "start 1 {'n': 7}", "body", "success 7", "complete True", "middleware out"]


@both
async def test_only_the_last_attempt_is_a_failure(name: str) -> None:
    async with TestEngine(list(home)) as engine:
        with pytest.raises(TaskFailed, match="negative"):
            await engine.run(home.get(name), -1)
    first = ["middleware in", "start 1 {'n': -1}", "body", "catch negative"]
    last = ["middleware in", "start 2 {'n': -1}", "body", "catch negative", "failure negative", "complete False"]
    seen = ["middleware saw negative", "middleware out"]
    assert told == first + seen + last + seen


async def test_hooks_of_all_tasks_come_first_except_that_a_tasks_own_catch_error_is_asked_first() -> None:
    for hookable, name in ((registry.hooks, "all"), (ordered, "own")):
        hookable.on_start_attempt(lambda _, name=name: told.append(f"start {name}"))  # type: ignore[misc]
        hookable.catch_error(lambda _, name=name: told.append(f"catch {name}"))  # type: ignore[misc]
    async with TestEngine([ordered]) as engine:
        with pytest.raises(TaskFailed):
            await engine.run(ordered)
    assert told == ["start all", "start own", "catch own", "catch all"]


@task(registry=Registry(), retry=Retry(max_attempts=1))
async def ordered() -> None:
    raise ValueError("no")


# --- what hooks record, and a re-execution


@step
async def mail(text: str) -> str:
    told.append(text)
    return text


@task(registry=Registry())
async def recorded() -> str:
    await wait.for_("1h")
    return "done"


@recorded.middleware
async def _record_around(attempt: hooks.Attempt, call_next: hooks.CallNext) -> None:
    await mail("opened")
    await call_next()
    await mail("closed")


@recorded.on_success
async def _record_success(success: hooks.Success[str]) -> None:
    metadata.increment("successes")
    await wait.for_("1h")
    await mail(f"mailed {success.output}")


@recorded.on_complete
def _record_complete(completion: hooks.Completion[str]) -> None:
    wait.for_("1h").result()
    mail("from a thread").result()
    metadata.increment("completions")
    logger.info(f"completed at {now():%Y}")


@memory
async def test_what_hooks_record_happens_once_however_often_they_run(evict_after: int | None) -> None:
    async with TestEngine([recorded], evict_after=evict_after) as engine:
        run = await recorded.trigger()
        ended = await engine.finish(run)
        lines = [log.message for log in await engine.client.logs(run.id)]
    assert ended.metadata == {"successes": 1, "completions": 1}
    assert told == ["opened", "mailed done", "from a thread", "closed"]
    assert len(lines) == 1


# --- who may fail what


@task(registry=Registry(), retry=Retry(max_attempts=1))
async def plain(n: int = 0) -> int:
    return n


@pytest.fixture
def hooked() -> Iterator[Any]:
    """`plain`, whose hooks go with the test."""
    yield plain
    plain.clear_hooks()


async def _end(task_: Any, *args: Any) -> Any:
    async with TestEngine([task_]) as engine:
        run = await task_.trigger(*args)
        ended = await engine.finish(run)
        return ended, [f"{log.level} {log.message}" for log in await engine.client.logs(run.id)]


@pytest.mark.parametrize("kind", ["on_success", "on_complete"])
async def test_an_error_after_the_success_is_logged_and_changes_nothing(hooked: Any, kind: str) -> None:
    @getattr(hooked, kind)  # type: ignore[untyped-decorator]
    async def broken(_: Any) -> None:
        raise KeyError("bug")

    ended, lines = await _end(hooked)
    assert ended.ok
    assert len(lines) == 1
    assert lines[0].startswith(f"error the {kind} hook")
    assert "KeyError: 'bug'" in lines[0]


async def test_an_error_before_the_body_fails_the_attempt(hooked: Any) -> None:
    @hooked.on_start_attempt  # type: ignore[untyped-decorator]
    async def broken(_: hooks.Attempt) -> None:
        raise KeyError("bug")

    ended, _ = await _end(hooked)
    assert (ended.status, ended.error.type) == ("FAILED", "builtins.KeyError")


@pytest.mark.parametrize("calls", [0, 2])
async def test_a_middleware_calls_next_exactly_once(hooked: Any, calls: int) -> None:
    @hooked.middleware  # type: ignore[untyped-decorator]
    async def wrong(_: hooks.Attempt, call_next: hooks.CallNext) -> None:
        for _number in range(calls):
            await call_next()

    ended, _ = await _end(hooked)
    assert ended.status == "FAILED"
    assert "call_next()" in ended.error.message


async def test_a_middleware_that_fails_behind_the_body_fails_the_attempt(hooked: Any) -> None:
    @hooked.middleware  # type: ignore[untyped-decorator]
    async def transaction(_: hooks.Attempt, call_next: hooks.CallNext) -> None:
        await call_next()
        raise ConnectionError("the commit was lost")

    hooked.on_failure(lambda failure: told.append(str(failure.error)))
    ended, _ = await _end(hooked)
    assert (ended.status, told) == ("FAILED", ["the commit was lost"])


async def test_a_middleware_cannot_hide_a_failure(hooked: Any) -> None:
    @hooked.middleware  # type: ignore[untyped-decorator]
    async def hides(_: hooks.Attempt, call_next: hooks.CallNext) -> None:
        with pytest.raises(ValueError, match="from the hook"):
            await call_next()

    @hooked.on_start_attempt  # type: ignore[untyped-decorator]
    async def broken(_: hooks.Attempt) -> None:
        raise ValueError("from the hook")

    ended, _ = await _end(hooked)
    assert ended.status == "FAILED"


async def test_a_payload_that_does_not_fit_is_a_failure_with_no_arguments(hooked: Any) -> None:
    hooked.on_failure(lambda failure: told.append(failure.arguments))
    async with TestEngine([hooked]) as engine:
        run = await engine.client.trigger("plain", {"n": "many"})
        assert (await engine.finish(run)).status == "FAILED"
    assert told == [{}]


def test_what_cannot_be_a_hook_is_refused() -> None:
    with pytest.raises(InvalidInput, match="async def"):
        plain.middleware(lambda _attempt, _call_next: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(InvalidInput, match="needs a function"):
        plain.on_failure("mail")  # type: ignore[arg-type]


# --- catch_error


@task(registry=Registry(), retry=Retry(max_attempts=3, min_s=60, randomize=False))
async def failing(kind: str) -> str:
    told.append(current_run().attempt)
    if kind == "abort":
        raise AbortRun("no use")
    raise ValueError(kind)


@failing.catch_error
def _decide(failure: hooks.Failure) -> hooks.Verdict | None:
    match str(failure.error):
        case "skip":
            return hooks.Verdict(skip_retrying=True)
        case "in":
            return hooks.Verdict(retry_in="5h")
        case "at":
            return hooks.Verdict(retry_at=now() + timedelta(hours=7))
        case "policy":
            return hooks.Verdict(retry=Retry(max_attempts=5, min_s=3_600, factor=1, max_s=3_600, randomize=False))
        case "other":
            return hooks.Verdict(error=PermissionError("ask an admin"))
        case "raises":
            raise AbortRun("the hook gave up")
        case "breaks":
            raise KeyError("a bug in the hook")
        case "nonsense":
            return "retry"  # type: ignore[return-value]
        case _:
            return None


@pytest.mark.parametrize(
    ("kind", "attempts", "hours", "error"),
    [
        ("usual", 3, 0, "ValueError: usual"),
        ("abort", 1, 0, "AbortRun: no use"),
        ("skip", 1, 0, "ValueError: skip"),
        ("in", 3, 10, "ValueError: in"),
        ("at", 3, 14, "ValueError: at"),
        ("policy", 5, 4, "ValueError: policy"),
        ("other", 3, 0, "PermissionError: ask an admin"),
        ("raises", 1, 0, "AbortRun: the hook gave up"),
        ("breaks", 3, 0, "KeyError: 'a bug in the hook'"),
        ("nonsense", 3, 0, "TypeError: catch_error returns a Verdict or None"),
    ],
)
async def test_catch_error_decides_what_comes_next(kind: str, attempts: int, hours: int, error: str) -> None:
    async with TestEngine([failing]) as engine:
        began = engine.clock.now_ms()
        ended = await engine.finish(await failing.trigger(kind))
        passed_hours = (engine.clock.now_ms() - began) // 3_600_000
    assert ended.error is not None
    assert f"{ended.error.type.rpartition('.')[2]}: {ended.error.message}".startswith(error)
    assert (told, passed_hours) == (list(range(1, attempts + 1)), hours)


# --- waits


@task(registry=Registry())
async def waiting() -> str:
    await asyncio.gather(wait.for_("1h"), wait.for_("2h"))
    told.append("body goes on")
    return "done"


@waiting.on_wait
async def _waits(waiting_: hooks.Waiting) -> None:
    told.append([waited.kind for waited in waiting_.waits])
    metadata.increment("waits")


@waiting.on_resume
def _resumes(_: hooks.Attempt) -> None:
    told.append("resume")


async def test_a_run_says_once_that_it_waits_and_goes_on_only_after_the_hook() -> None:
    async with TestEngine([waiting]) as engine:
        run = await waiting.trigger()
        ended = await engine.finish(run)
    assert told == [["sleep", "sleep"], "resume", ["sleep"], "resume", "body goes on"]
    assert ended.metadata == {"waits": 2}


async def test_an_evicted_run_says_that_it_waits_and_starts_anew_instead_of_resuming() -> None:
    async with TestEngine([waiting], evict_after=0) as engine:
        ended = await engine.finish(await waiting.trigger())
    assert told == [["sleep", "sleep"], ["sleep"], "body goes on"]
    assert ended.metadata == {"waits": 2}


async def test_a_durable_call_in_a_notice_is_refused_and_logged(hooked: Any) -> None:
    @waiting.on_wait
    async def durable(_: hooks.Waiting) -> None:
        await wait.for_("1h")

    async with TestEngine([waiting]) as engine:
        run = await waiting.trigger()
        assert (await engine.finish(run)).ok
        lines = [log.message for log in await engine.client.logs(run.id)]
    assert waiting._functions is not None
    waiting._functions["on_wait"].remove(durable)  # type: ignore[index]
    assert all("NotDurableHere" in line for line in lines)
    assert len(lines) == 2


@task(registry=Registry())
def waiting_on_a_thread() -> str:
    wait.for_("1h").result()
    told.append("body goes on")
    return "done"


waiting_on_a_thread.on_wait(lambda waiting_: told.append(len(waiting_.waits)))
waiting_on_a_thread.on_resume(lambda _: told.append("resume"))


async def test_a_thread_goes_on_only_after_the_hook() -> None:
    async with TestEngine([waiting_on_a_thread]) as engine:
        assert await engine.run(waiting_on_a_thread) == "done"
    assert told == [1, "resume", "body goes on"]


MOOD: ContextVar[str] = ContextVar("mood", default="none")


@task(registry=Registry())
async def one_of_many(n: int) -> int:
    for _ in range(3):
        await wait.for_("1h")
    return n


@one_of_many.middleware
async def _mood(attempt: hooks.Attempt, call_next: hooks.CallNext) -> None:
    MOOD.set(f"mood {attempt.arguments['n']}")
    await call_next()


@one_of_many.on_wait
async def _slowly(waiting_: hooks.Waiting) -> None:
    for _ in range(waiting_.arguments["n"]):
        await asyncio.sleep(0)
    assert current_run().id == waiting_.run.id
    metadata.append("waits", MOOD.get())


@one_of_many.on_resume
async def _resumes_slowly(attempt: hooks.Attempt) -> None:
    await asyncio.gather(*(asyncio.sleep(0) for _ in range(attempt.arguments["n"])))
    metadata.append("resumes", MOOD.get())


async def test_hooks_of_runs_that_wait_together_each_belong_to_their_own_run() -> None:
    async with TestEngine([one_of_many]) as engine:
        runs = [await one_of_many.trigger(n) for n in range(8)]
        found = [(await engine.finish(run)).metadata for run in runs]
        lines = [await engine.client.logs(run.id) for run in runs]
    assert lines == [()] * 8
    assert found == [{"waits": [f"mood {n}"] * 3, "resumes": [f"mood {n}"] * 3} for n in range(8)]


# --- cancel and time-out

STARTED = Local[asyncio.Event]("started")
started = asyncio.Event()


@task(registry=Registry())
async def canceled(how: str) -> None:
    NAME.set("ada")
    if how == "waits":
        await wait.for_("1d")
    started.set()
    try:
        await asyncio.Event().wait()
    finally:
        told.append("unwound")


NAME = Local[str]("name")


@canceled.on_cancel
async def _clean(attempt: hooks.Attempt) -> None:
    await asyncio.sleep(0)
    told.append(f"cleaned {attempt.arguments['how']} of {NAME.get_or_raise()}")
    logger.info("to the log of the process")
    raise KeyError("logged and gone")


@canceled.on_failure
async def _never(_: hooks.Failure) -> None:
    told.append("failure")


async def test_on_cancel_runs_when_the_body_has_unwound() -> None:
    started.clear()
    async with TestEngine([canceled]) as engine:
        run = await canceled.trigger("works")
        await started.wait()
        assert await run.cancel()
        await engine.finish(run)
    assert told == ["unwound", "cleaned works of ada"]


async def test_on_cancel_runs_for_a_run_that_waits_in_memory() -> None:
    async with TestEngine([canceled]) as engine:
        run = await canceled.trigger("waits")
        await engine.settle()
        assert await run.cancel()
        assert (await engine.finish(run)).status == "CANCELED"
    assert told == ["cleaned waits of ada"]


async def test_on_cancel_is_not_for_runs_that_end_otherwise() -> None:
    canceled_kinds = [kind for kind in hooks.HookKind if kind is hooks.HookKind.CANCEL]
    async with TestEngine([recorded]) as engine:
        recorded.on_cancel(lambda _: told.append(canceled_kinds))
        assert await engine.run(recorded) == "done"
    assert canceled_kinds not in told


@task(registry=Registry(), max_duration="50ms")
async def slow() -> None:
    await asyncio.Event().wait()


slow.on_failure(lambda failure: told.append(repr(failure.error)))
slow.on_complete(lambda completion: told.append(completion.result))


async def test_a_time_out_is_a_failure_that_hooks_hear_of() -> None:
    async with TestEngine([slow]) as engine:
        run = await slow.trigger()
        async with asyncio.timeout(10):
            while not (await run.fetch()).is_final:
                await engine.settle()
    assert told[0].startswith("TimeoutError('the run was past its max_duration")
    assert told[1].status == "TIMED_OUT"


# --- locals, and how a body ends

CLIENT = Local[str]("client")


@task(registry=Registry())
async def local_user() -> str:
    inside = await read_local()
    await wait.for_("1h")
    return f"{CLIENT.get_or_raise()} {inside}"


@local_user.middleware
async def _set_local(_: hooks.Attempt, call_next: hooks.CallNext) -> None:
    assert CLIENT.get() is None
    CLIENT.set("open")
    await call_next()


@step
def read_local() -> str:
    return CLIENT.get_or_raise()


@memory
async def test_a_local_is_shared_by_middleware_body_and_steps_and_by_no_other_run(evict_after: int | None) -> None:
    async with TestEngine([local_user], evict_after=evict_after) as engine:
        runs = [await local_user.trigger() for _ in range(3)]
        assert [(await engine.finish(run)).output for run in runs] == ["open open"] * 3


def test_a_local_that_nobody_set_is_an_error_with_its_name() -> None:
    assert Local[int]("count").get() is None
    with pytest.raises(NotFound, match="count"):
        Local[int]("count").get_or_raise()


@task(registry=Registry())
async def completes(how: str) -> int:
    async def deep() -> None:
        try:
            raise CompleteRun("many" if how == "wrong type" else 7)
        except Exception:  # noqa: BLE001 - what bodies do
            told.append("caught")

    if how == "group":
        async with asyncio.TaskGroup() as group:
            group.create_task(deep())
    await deep()
    return 0


@pytest.mark.parametrize("with_hooks", [False, True])
async def test_complete_run_ends_a_run_well_from_any_depth(with_hooks: bool) -> None:
    if with_hooks:
        registry.hooks.on_success(lambda success: told.append(success.output))
    async with TestEngine([completes]) as engine:
        assert await engine.run(completes, "plain") == 7
        assert await engine.run(completes, "group") == 7
        ended = await engine.finish(await completes.trigger("wrong type"))
    assert ended.status == "FAILED"
    assert told == ([7, 7] if with_hooks else [])


@task(registry=Registry())
async def continues(round_: int) -> int:
    if round_ < 3:
        raise Continue(round_ + 1)
    return round_


async def test_continue_is_neither_success_nor_failure() -> None:
    for kind in ("on_success", "on_failure", "catch_error"):
        getattr(registry.hooks, kind)(lambda event: told.append(type(event).__name__))
    async with TestEngine([continues]) as engine:
        assert await engine.run(continues, 1) == 3
    assert told == ["Success"]


@pytest.mark.parametrize("error", [InvalidInput("bad"), NotFound("gone"), Conflict("taken")])
async def test_what_the_engine_refuses_is_not_tried_again(error: Exception) -> None:
    @task(registry=Registry(), name="refused")
    async def refused_task() -> None:
        told.append("tried")
        raise error

    ended, _ = await _end(refused_task)
    assert (ended.status, told) == ("FAILED", ["tried"])


# --- a worker that dies on the way


@task(registry=Registry(), retry=Retry(max_attempts=2, min_s=1))
async def dies(fail: bool) -> str:
    usage.add("body", cost=1)
    await mail("body")
    if fail:
        raise ValueError("no")
    return "done"


@dies.middleware
async def _dies_around(_: hooks.Attempt, call_next: hooks.CallNext) -> None:
    metadata.increment("opened")
    await mail("opened")
    await call_next()


@dies.on_start_attempt
async def _dies_start(attempt: hooks.Attempt) -> None:
    await mail(f"start {attempt.run.attempt}")
    metadata.increment("attempts")


@dies.on_success
async def _dies_success(success: hooks.Success[str]) -> None:
    await wait.for_("1h")
    await mail("success")
    metadata.increment("successes")


@dies.on_failure
def _dies_failure(failure: hooks.Failure) -> None:
    mail("failure").result()
    metadata.increment("failures")


@dies.on_complete
async def _dies_complete(_: hooks.Completion[str]) -> None:
    await dies_child.trigger_and_wait().unwrap()
    metadata.increment("completions")


@task(registry=Registry())
async def dies_child() -> None: ...


@memory
@pytest.mark.parametrize("fail", [False, True], ids=["succeeds", "fails"])
def test_a_crash_anywhere_repeats_nothing_that_a_hook_recorded(fail: bool, evict_after: int | None) -> None:
    report = assert_crash_safe(
        dies, fail, tasks=[dies, dies_child], fails=fail, evict_after=evict_after, fresh=told.clear
    )
    assert report.commits > 4
