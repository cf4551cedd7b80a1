"""`step`: a piece of a body whose result is recorded once and never computed again."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from functools import partial, update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, overload

from runcast.domain.errors import InvalidInput
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry
from runcast.domain.retry import Retry
from runcast.sdk.blame import blame
from runcast.sdk.call import Call, PlainCall
from runcast.sdk.codec import ValueCodec, codec_for, digest_arguments
from runcast.sdk.control import AbortRun
from runcast.sdk.execution import Execution, current_execution
from runcast.sdk.failures import Recorded, error_info, rebuild_error
from runcast.sdk.pauses import step_pause
from runcast.sdk.payload import resolve_hints
from runcast.sdk.scope import Scope, Trial, current_scope
from runcast.sdk.tries import OneTry

P = ParamSpec("P")
T = TypeVar("T")
_ONCE = Retry(max_attempts=1)


class Step(Generic[P, T]):
    """A function as a step: calling it makes a durable call."""

    def __init__(
        self,
        fn: Callable[P, Awaitable[T]] | Callable[P, T],
        *,
        retry: Retry | None,
        key: str | None,
        name: str | None,
        on: str | None = None,
    ) -> None:
        if not callable(fn):
            raise InvalidInput(f"step needs a function, got {fn!r}: write step(fn)(arguments)")
        if isinstance(fn, Step):
            # A step of a step is the same function with other options: there is no durable call inside a step.
            retry, key, name, on = retry or fn.retry, key or fn.key, name or fn.name, on or fn.on
            fn = fn.fn
        self.fn: Callable[P, Any] = fn
        self.name: str = name or str(getattr(fn, "__qualname__", type(fn).__qualname__))
        self.is_async = inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(type(fn).__call__)
        self._retry = retry or _ONCE
        self.key: str | None = key
        self.on: str | None = on
        """Where its body is executed; None: here."""
        self._codec: ValueCodec[Any] | None = None
        # Without the attributes of what it calls: they are no options of the step.
        update_wrapper(self, fn, updated=())

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        execution = current_execution()
        if execution is None:
            return self._plain(args, kwargs)
        digest = "" if self.key else digest_arguments(args, kwargs)
        call: Call[T]
        call, prior = execution.open(
            EntryKind.STEP,
            self.name,
            read=self._read,
            on_engine=False,
            key=self.key,
            digest=digest,
            call_type=StepCall,
        )
        if prior is None or prior.status is EntryStatus.FORGOTTEN:
            assert isinstance(call, StepCall)
            attempt = _StepBody(self, execution, call, partial(self.fn, *args, **kwargs), digest, prior)
            execution.begin(call)
            execution.on_loop(attempt.start, copy_context())
        return call

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """A step may be a method; the instance does not count as an argument."""
        if instance is None:
            return self
        bound = self.fn.__get__(instance, owner)
        return Step(bound, retry=self._retry, key=self.key, name=self.name, on=self.on)

    @property
    def retry(self) -> Retry:
        return self._retry

    @property
    def codec(self) -> ValueCodec[Any]:
        """How its results travel: by return annotation."""
        if self._codec is None:
            self._codec = codec_for(_return_annotation(self.fn, self.name))
        return self._codec

    def _read(self, entry: Entry) -> T:
        if entry.status is EntryStatus.FAILED:
            assert entry.error is not None
            error = rebuild_error(entry.error)
            blame(error, entry.key)
            raise error
        value: T = self.codec.decode(entry.value or "null", what=f"result of step {self.name!r}")
        return value

    def _plain(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call[T]:
        if self.is_async:
            return PlainCall(lambda: self.fn(*args, **kwargs))
        return PlainCall(lambda: asyncio.to_thread(self.fn, *args, **kwargs), lambda: self.fn(*args, **kwargs))


def _return_annotation(fn: Callable[..., Any], name: str) -> Any:
    try:
        return resolve_hints(fn, name=name).get("return", Any)
    except TypeError:
        # A builtin or a callable object has no annotations to read.
        return Any


class StepCall(Call[T]):
    """A call that has a body here: when nobody waits for it any more, the body is canceled."""

    __slots__ = ("body",)
    body: asyncio.Task[None]

    def _give_up(self) -> None:
        """Cancel the step's body; nothing is recorded. One that never began (the run was being stopped) has none."""
        body: asyncio.Task[None] | None = getattr(self, "body", None)
        if body is not None:
            body.cancel()

    _abandon = _give_up


class _StepBody:
    """The tries of one step until its entry is on its way."""

    def __init__(
        self,
        step: Step[Any, Any],
        execution: Execution,
        call: StepCall[Any],
        work: Callable[[], Any],
        digest: str,
        prior: Entry | None,
    ) -> None:
        self._step = step
        self._execution = execution
        self._call = call
        self._work = work
        self._digest = digest
        self._generation = prior.generation if prior else 0
        self._started_at = execution.host.now_ms()
        self._tries = 0

    def start(self, context: Context) -> None:
        """Begin, on the worker's loop, in a copy of the caller's context."""
        execution = self._execution
        if execution.stop is not None or execution.ended:
            return
        # The context holds a step's scope already, so the task factory makes no branch of it.
        context.run(current_scope.set, self._scope())
        self._call.body = execution.host.loop.create_task(self._run(), context=context)

    async def _run(self) -> None:
        try:
            if self._execution.waiting:
                await self._execution.until_executing()
            span = self._execution.span
            if span is None:
                entry = await self._tried()
            else:
                entry = await span.around_step(self._call.key, self._step.name, self._tried)
        except asyncio.CancelledError as error:
            self._execution.give_up(self._call, error)
            raise
        self._execution.record(NewEntry(entry))

    async def _tried(self) -> Entry:
        retry = self._step.retry
        while True:
            self._tries += 1
            one = OneTry(self._execution, self._call.key, self._step.name, self._tries)
            try:
                text = await (self._one_try() if self._step.on is None else self._one_try_on(self._step.on))
                return self._entry(EntryStatus.DONE, value=text)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - a step's failure is a record, `sys.exit()` included
                if self._tries >= retry.max_attempts or _is_final(error):
                    return self._failed(error)
                delay_ms = retry.delay_ms(self._tries, roll=self._execution.host.random.random())
                one.failed(error, delay_ms)
            finally:
                one.done()
            await step_pause.get()(delay_ms / 1000)

    async def _one_try(self) -> str:
        current_scope.set(self._scope())
        return self._step.codec.encode(await self._value(), what=f"result of step {self._step.name!r}")

    async def _value(self) -> Any:
        if self._step.is_async:
            return await self._work()
        context = copy_context()
        value, error = await self._execution.host.in_thread(lambda: context.run(_caught, self._work))
        if error is not None:
            raise error
        return await value if inspect.isawaitable(value) else value

    async def _one_try_on(self, place: str) -> str:
        from runcast.sdk.offload.places import execute_on

        return await execute_on(
            place,
            self._step.fn,
            self._work,
            step=self._step.name,
            execution=self._execution,
            key=self._call.key,
            generation=self._generation,
            number=self._tries,
        )

    def _scope(self) -> Scope:
        return Scope(self._execution, self._call.key, Trial(self._call.key, self._tries))

    def _failed(self, error: BaseException) -> Entry:
        return self._entry(EntryStatus.FAILED, error=error_info(error, keys=(self._call.key,)))

    def _entry(self, status: EntryStatus, **fields: Any) -> Entry:
        execution = self._execution
        return Entry(
            self._call.key,
            EntryKind.STEP,
            self._step.name,
            status,
            digest=self._digest,
            code_version=execution.code_version,
            generation=self._generation,
            tries=self._tries,
            started_at=self._started_at,
            finished_at=execution.host.now_ms(),
            **fields,
        )


def _is_final(error: BaseException) -> bool:
    """Another try would end the same."""
    return isinstance(error, AbortRun | InvalidInput) or (isinstance(error, Recorded) and error.is_final)


def _caught(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """What `work` returned, or raised: asyncio's futures refuse a `StopIteration`, and whoever awaits would wait for ever."""
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - raised again on the loop
        return None, error


@overload
def step(
    fn: Callable[P, Awaitable[T]],
    *,
    retry: Retry | None = None,
    key: str | None = None,
    name: str | None = None,
    on: str | None = None,
) -> Callable[P, Call[T]]: ...
@overload
def step(
    fn: Callable[P, T],
    *,
    retry: Retry | None = None,
    key: str | None = None,
    name: str | None = None,
    on: str | None = None,
) -> Callable[P, Call[T]]: ...
@overload
def step(
    *, retry: Retry | None = None, key: str | None = None, name: str | None = None, on: str | None = None
) -> StepDecorator: ...
def step(
    fn: Callable[..., Any] | None = None,
    *,
    retry: Retry | None = None,
    key: str | None = None,
    name: str | None = None,
    on: str | None = None,
) -> Any:
    """Make a function a step: once its result is recorded, it is never computed again.

    `@step`, `@step(retry=Retry(5), key="fetch")`, or `step(fn, key=…)(*arguments)`. A `def` function runs on a
    thread. `retry` tries again inside the body (default: one try); then the error is recorded and raised, rebuilt
    from its record, so that a re-execution sees the same. The result is JSON and is read by return annotation. `step`
    of a step is a step of the same function, with the options that are given here instead of its own.
    `on` executes the body elsewhere: `"process"`, `"dask"`, `"ray"`, or a name given to `offload.use`.

    >>> page = await step(fetch, retry=Retry(max_attempts=5))("https://python.org")  # doctest: +SKIP
    """
    if fn is None:
        return StepDecorator(retry=retry, key=key, name=name, on=on)
    return Step(fn, retry=retry, key=key, name=name, on=on)


class StepDecorator:
    """`step` with options, waiting for its function."""

    def __init__(self, *, retry: Retry | None, key: str | None, name: str | None, on: str | None) -> None:
        self._retry = retry
        self._key = key
        self._name = name
        self._on = on

    @overload
    def __call__(self, fn: Callable[P, Awaitable[T]]) -> Callable[P, Call[T]]: ...
    @overload
    def __call__(self, fn: Callable[P, T]) -> Callable[P, Call[T]]: ...
    def __call__(self, fn: Callable[..., Any]) -> Any:
        return Step(fn, retry=self._retry, key=self._key, name=self._name, on=self._on)
