"""`@task`: a function that can run in the background, and still is a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterable
from functools import cached_property, update_wrapper
from typing import Any, Generic, Literal, ParamSpec, TypeVar, Unpack, cast, overload

import msgspec

from runcast.domain.errors import InvalidInput
from runcast.domain.limits import TASK_NAME_CHARS_MAX
from runcast.domain.queue import DEFAULT_QUEUE
from runcast.domain.retry import Retry
from runcast.domain.schedule import ScheduleSettings
from runcast.gateway import TaskInfo
from runcast.sdk import requests
from runcast.sdk.call import Call
from runcast.sdk.child import ChildRequest
from runcast.sdk.codec import ValueCodec, codec_for, encode_json
from runcast.sdk.durations import Duration, duration_ms
from runcast.sdk.handle import BatchHandle, RunHandle
from runcast.sdk.hooks import Hookable
from runcast.sdk.item import BatchItem
from runcast.sdk.options import (
    NO_OPTIONS,
    OptionArguments,
    TriggerOptions,
    check_attempts,
    check_label,
    parse_options,
    queue_name,
)
from runcast.sdk.payload import Arguments, PayloadCodec, Signature, caller_names, payload_codec, refuse_unnamed
from runcast.sdk.queues import Queue
from runcast.sdk.registry import Registry, registry
from runcast.sdk.result import Failed, Ok
from runcast.sdk.retention import Retention, parse_retention
from runcast.sdk.schedule import Schedule, fitting_payload, parse_schedule
from runcast.sdk.sealing import refuse_sealed
from runcast.sdk.sources import code_version, source_place
from runcast.sdk.subscription import Subscription

P = ParamSpec("P")
R = TypeVar("R")

Isolation = Literal["none", "process"]


class Triggerable(Generic[P, R]):
    """What a task, and a task with options, can be asked. All requests start when they are made."""

    def _request(self, payload: str) -> ChildRequest:
        raise NotImplementedError

    @property
    def _definition(self) -> TaskDefinition[P, R]:
        raise NotImplementedError

    @property
    def _options(self) -> TriggerOptions:
        raise NotImplementedError

    def trigger(self, *args: P.args, **kwargs: P.kwargs) -> Call[RunHandle[R]]:
        """Run it in the background; the call ends, with a handle, when the request is on disk.

        >>> run = await enrich.trigger("python.org")  # doctest: +SKIP
        """
        return requests.trigger(self._request(self._definition.payload.encode(args, kwargs)))

    def trigger_and_wait(self, *args: P.args, **kwargs: P.kwargs) -> Call[Ok[R] | Failed]:
        """Run it in the background and wait for its end; `.unwrap()` for the output itself."""
        return requests.trigger_and_wait(self._request(self._definition.payload.encode(args, kwargs)))

    def trigger_and_subscribe(self, *args: P.args, **kwargs: P.kwargs) -> Subscription[R]:
        """Run it in the background and follow it to its end, `for` or `async for`; `result()` is how it ended.

        Inside a run the trigger is recorded, and following it does not make the run wait: it keeps its slot.

        >>> started = enrich.trigger_and_subscribe("python.org")  # doctest: +SKIP
        >>> async for update in started:  # doctest: +SKIP
        ...     print(update.metadata)
        >>> company = (await started.result()).unwrap()  # doctest: +SKIP
        """
        return requests.trigger_and_follow(self._request(self._definition.payload.encode(args, kwargs)))

    def item(self, *args: P.args, **kwargs: P.kwargs) -> BatchItem[R]:
        """One run of a batch, with options of its own: `enrich.options(tags="vip").item("python.org")`."""
        return BatchItem(self._request(self._definition.payload.encode(args, kwargs)))

    def batch_trigger(self, items: Iterable[BatchItem[R] | Any]) -> Call[BatchHandle[R]]:
        """Run many in one transaction. An item is `task.item(…)`, or the argument itself for a task of one
        parameter, or a tuple or dict of the arguments.

        >>> batch = await enrich.batch_trigger(["python.org", "sqlite.org"])  # doctest: +SKIP
        """
        return requests.batch_trigger(self._items(items), key=self._options.key)

    def batch_trigger_and_wait(self, items: Iterable[BatchItem[R] | Any]) -> Call[list[Ok[R] | Failed]]:
        """Like `batch_trigger`, and wait for all of them; the results are in the order of the items."""
        return requests.batch_trigger_and_wait(self._items(items), key=self._options.key)

    def _items(self, items: Iterable[Any]) -> list[ChildRequest]:
        encode = self._definition.encode_item
        return [item.request if isinstance(item, BatchItem) else self._request(encode(item)) for item in items]


class TaskDefinition(Triggerable[P, R], Hookable[R]):
    """A registered task: its name, its limits, and how its payload and output travel."""

    __name__: str

    def __init__(
        self,
        fn: Callable[P, Any],
        *,
        name: str | None = None,
        queue: Queue | str | None = None,
        retry: Retry | Literal["fresh"] | None = None,
        max_duration: Duration | None = None,
        ttl: Duration | None = None,
        isolation: Isolation = "none",
        evict_after: Duration | None = None,
        machine: str | None = None,
        retention: Retention | Duration | None = None,
        schedule: Schedule | str | None = None,
        local_names: dict[str, Any] | None = None,
    ) -> None:
        if not inspect.isfunction(fn):
            raise InvalidInput(f"@task needs a function, got {fn!r}")
        if isolation not in ("none", "process"):
            raise InvalidInput(f'isolation must be "none" or "process", got {isolation!r}')
        queue_name(queue)
        self.fn: Callable[P, Any] = fn
        self.name = check_task_name(name or fn.__name__)
        self.queue: Queue | str = queue or DEFAULT_QUEUE
        self.retry = _retry_of(retry)
        self.max_duration_ms = None if max_duration is None else duration_ms(max_duration, name="max_duration")
        self.ttl_ms = None if ttl is None else duration_ms(ttl, name="ttl")
        self.isolation: Isolation = isolation
        self.evict_after_ms = None if evict_after is None else duration_ms(evict_after, name="evict_after")
        """How long a waiting coroutine stays in memory; None: as the worker is set."""
        self.machine = check_label(machine)
        self.retention = parse_retention(retention)
        self.schedule = parse_schedule(schedule)
        """When it is triggered by itself."""
        self.is_async = inspect.iscoroutinefunction(fn)
        self.source = source_place(fn)
        """`file:line`."""
        self._local_names = local_names
        check_attempts(self.retry.max_attempts)
        check_label(self.retry.out_of_memory)
        refuse_unnamed(fn, self.name)
        # Without the function's attributes: what another decorator left there, as `retry`, is no option of the task.
        update_wrapper(cast(Callable[..., Any], self), fn, updated=())

    def __repr__(self) -> str:
        return f"<task {self.name} at {self.source}>"

    def options(self, **options: Unpack[OptionArguments]) -> TaskWithOptions[P, R]:
        """The task with options of a trigger, which never sit beside the payload.

        >>> enrich.options(delay="1h", concurrency_key="ada").trigger("python.org")  # doctest: +SKIP
        """
        return TaskWithOptions(self, parse_options(**options))

    @property
    def queue_name(self) -> str:
        return self.queue if isinstance(self.queue, str) else self.queue.name

    @property
    def lane(self) -> str:
        """Which capacity of a worker an execution takes: `async`, `thread` or `process`."""
        if self.isolation == "process":
            return "process"
        return "async" if self.is_async else "thread"

    @cached_property
    def signature(self) -> Signature:
        """Parameters and return annotation, read on first use: annotations may name what is defined later."""
        return Signature(self.fn, name=self.name, local_names=self._local_names)

    @cached_property
    def payload(self) -> PayloadCodec:
        """Arguments as payload text and back."""
        return payload_codec(self.signature)

    @cached_property
    def output(self) -> ValueCodec[Any]:
        """Outputs, by the return annotation."""
        return codec_for(self.signature.returns)

    @cached_property
    def code_version(self) -> str:
        return code_version(self.fn)

    def encode_item(self, item: Any) -> str:
        """The payload of a batch item: the one argument itself, or a tuple or dict of the arguments."""
        parameters = self.signature.parameters
        if len(parameters) == 1:
            (parameter,) = parameters.values()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                return self.payload.encode((), {parameter.name: item})
            return self.payload.encode((item,), {})
        if isinstance(item, dict):
            return self.payload.encode((), item)
        if isinstance(item, tuple):
            return self.payload.encode(item, {})
        if not parameters and item is None:
            return self.payload.encode((), {})
        raise InvalidInput(
            f"an item of {self.name!r} must be a tuple or dict of its {len(parameters)} arguments, or "
            f"{self.name}.item(…); got {type(item).__name__}"
        )

    def decode_payload(self, text: str) -> Arguments:
        """The arguments that a payload stands for; raises `InvalidPayload`."""
        refuse_sealed(text, f"the payload of task {self.name!r}")
        return self.payload.decode(text)

    def encode_output(self, value: Any) -> str:
        """What the body returned as JSON text; raises `InvalidPayload` when it is not what it promised."""
        return self.output.encode(value, what=f"output of task {self.name!r}")

    def decode_output(self, text: str) -> R:
        output: R = self.output.decode(text, what=f"output of task {self.name!r}")
        return output

    def info(self) -> TaskInfo:
        """What the engine and pages know of the task."""
        return TaskInfo(
            name=self.name,
            queue=self.queue_name,
            lane=self.lane,
            max_attempts=self.retry.max_attempts,
            max_duration_ms=self.max_duration_ms,
            ttl_ms=self.ttl_ms,
            source=self.source,
            schema=encode_json(self.payload.schema()),
            description=inspect.getdoc(self.fn) or "",
            machine=self.machine,
            retention=self.retention,
            schedule=self.schedule_settings(),
        )

    def schedule_settings(self) -> ScheduleSettings | None:
        """The schedule with the payload that its runs get; raises `InvalidPayload` when the body could not read it."""
        if self.schedule is None:
            return None
        settings = self.schedule.settings
        return msgspec.structs.replace(settings, payload=fitting_payload(self, settings.payload))

    def _request(self, payload: str) -> ChildRequest:
        return ChildRequest(self.name, payload, NO_OPTIONS, self.decode_output)

    @property
    def _definition(self) -> TaskDefinition[P, R]:
        return self

    @property
    def _options(self) -> TriggerOptions:
        return NO_OPTIONS


class AsyncTask(TaskDefinition[P, R]):
    """A task that is an `async def` function: `await enrich("x")` is a plain call."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:
        coroutine: Coroutine[Any, Any, R] = self.fn(*args, **kwargs)
        return coroutine


class SyncTask(TaskDefinition[P, R]):
    """A task that is a `def` function: `resize("x")` is a plain call. In the background it runs on a thread."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        output: R = self.fn(*args, **kwargs)
        return output


class TaskWithOptions(Triggerable[P, R]):
    """A task with the options of its next triggers."""

    def __init__(self, definition: TaskDefinition[P, R], options: TriggerOptions) -> None:
        self._task = definition
        self._given = options

    def _request(self, payload: str) -> ChildRequest:
        return ChildRequest(self._task.name, payload, self._given, self._task.decode_output)

    @property
    def _definition(self) -> TaskDefinition[P, R]:
        return self._task

    @property
    def _options(self) -> TriggerOptions:
        return self._given


def check_task_name(name: str) -> str:
    """A name that fits its column; raises `InvalidInput`."""
    if not name or len(name) > TASK_NAME_CHARS_MAX or not name.isprintable():
        raise InvalidInput(f"a task's name has 1 to {TASK_NAME_CHARS_MAX} printable characters, got {name!r}")
    return name


class _Decorator:
    """`@task(…)`, waiting for its function."""

    def __init__(self, settings: dict[str, Any], home: Registry) -> None:
        self._settings = settings
        self._home = home

    # mypy sees that a coroutine function is a function too; the first match is the one that counts.
    @overload
    def __call__(self, fn: Callable[P, Coroutine[Any, Any, R]]) -> AsyncTask[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[P, R]) -> SyncTask[P, R]: ...
    def __call__(self, fn: Callable[P, Any]) -> Any:
        return _define(fn, self._settings, self._home, depth=1)


@overload
def task(fn: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncTask[P, R]: ...  # type: ignore[overload-overlap]
@overload
def task(fn: Callable[P, R], /) -> SyncTask[P, R]: ...
@overload
def task(
    *,
    name: str | None = None,
    queue: Queue | str | None = None,
    retry: Retry | Literal["fresh"] | None = None,
    max_duration: Duration | None = None,
    ttl: Duration | None = None,
    isolation: Isolation = "none",
    evict_after: Duration | None = None,
    machine: str | None = None,
    retention: Retention | Duration | None = None,
    schedule: Schedule | str | None = None,
    registry: Registry = ...,
) -> _Decorator: ...
def task(fn: Callable[..., Any] | None = None, /, *, registry: Registry = registry, **settings: Any) -> Any:
    """Make a function a task, as `@task` or `@task(queue=web, max_duration="2m")`.

    `name` defaults to the function's. `retry` defaults to 3 attempts, each of which repeats only what is not done;
    `retry="fresh"` makes each start over. `max_duration` counts executing, not waiting;
    past it the run ends `TIMED_OUT`; 0 is none. After `ttl` in the queue a run expires. `isolation="process"` executes in a
    process that can be killed. `evict_after` is how long a waiting coroutine stays in memory. `schedule` triggers it by
    itself: a cron expression, or a `Schedule`. Only workers that serve the label `machine` take its runs. `retention` is
    how long finished runs are kept.

    >>> @task(max_duration="2m")  # doctest: +SKIP
    ... async def enrich(domain: str) -> str: ...
    """
    if fn is None:
        return _Decorator(settings, registry)
    return _define(fn, settings, registry, depth=1)


def _retry_of(retry: Retry | Literal["fresh"] | None) -> Retry:
    if retry is None or isinstance(retry, Retry):
        return retry or Retry()
    if retry == "fresh":
        return Retry(fresh=True)
    raise InvalidInput(f'retry is a Retry, or "fresh", got {retry!r}')


def _define(
    fn: Callable[..., Any], settings: dict[str, Any], home: Registry, *, depth: int
) -> TaskDefinition[..., Any]:
    kind: type[TaskDefinition[..., Any]] = AsyncTask if inspect.iscoroutinefunction(fn) else SyncTask
    names = caller_names(fn, depth + 1) if inspect.isfunction(fn) else None
    definition = kind(fn, local_names=names, **settings)
    home.add(definition)
    return definition
