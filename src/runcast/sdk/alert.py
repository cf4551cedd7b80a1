"""`Alert`: what a project wants to hear of, the task that hears it, and the channels that tell it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from runcast.domain.alert import AlertOn, AlertRule
from runcast.domain.channel import ChannelRef, Target
from runcast.domain.errors import InvalidInput
from runcast.domain.limits import TASK_NAME_CHARS_MAX
from runcast.sdk.durations import Duration, duration_ms
from runcast.sdk.registry import Registry, registry
from runcast.sdk.task import TaskDefinition

On = Literal["failed", "succeeded", "parked", "new_error", "slow", "backlog"]


class Alert:
    """Triggers the task `run` with an `AlertEvent`, and tells the channels of `to`, when something happens.

    The run and the deliveries are stored in the transaction in which it happened; the server tries a delivery until it
    arrives. `on` is `"failed"` (a run ended failed, timed out or crashed), `"succeeded"`, `"parked"`, `"new_error"` (an
    error that no run of its task had before), `"slow"` (a run that holds a slot started more than `over`, a duration,
    ago) or `"backlog"` (more than `over` runs are queued in a queue). `tasks` and `queues` restrict it, a backlog
    `queues` only. What looks the same within `window` is one event, which is counted.

    >>> Alert("failures", on="failed", tasks=[enrich], run=notify)  # doctest: +SKIP
    >>> Alert("new errors", on="new_error", to=channels.slack(os.environ["SLACK_URL"]))  # doctest: +SKIP
    """

    def __init__(
        self,
        name: str,
        *,
        on: On,
        run: TaskDefinition[..., Any] | None = None,
        to: Target | Iterable[Target] = (),
        tasks: Iterable[TaskDefinition[..., Any] | str] = (),
        queues: Iterable[str] = (),
        over: Duration | int | None = None,
        window: Duration = "1h",
        registry: Registry = registry,
    ) -> None:
        self.rule = make_rule(
            name,
            on=on,
            run="" if run is None else run.name,
            to=(to,) if isinstance(to, Target) else tuple(to),
            tasks=tuple(task if isinstance(task, str) else task.name for task in tasks),
            queues=tuple(queues),
            over=over,
            window=window,
        )
        registry.add_alert(self.rule)

    def __repr__(self) -> str:
        return f"<alert {self.rule.name} on {self.rule.on}>"


def make_rule(
    name: str,
    *,
    on: str,
    run: str = "",
    to: tuple[Target | ChannelRef, ...] = (),
    tasks: tuple[str, ...] = (),
    queues: tuple[str, ...] = (),
    over: Duration | int | None = None,
    window: Duration = "1h",
) -> AlertRule:
    """A rule, as `Alert` takes its parts. Raises `InvalidInput`."""
    if not name or len(name) > TASK_NAME_CHARS_MAX or not name.isprintable():
        raise InvalidInput(f"an alert's name has 1 to {TASK_NAME_CHARS_MAX} printable characters, got {name!r}")
    if on not in set(AlertOn):
        raise InvalidInput(f"alert {name!r}: on is one of {', '.join(AlertOn)}, got {on!r}")
    if not run and not to:
        raise InvalidInput(f"alert {name!r}: say who hears of it, run= a task or to= channels")
    if tasks and on == "backlog":
        raise InvalidInput(f'alert {name!r}: on="backlog" counts what is queued in a queue: name queues=, not tasks=')
    kind = AlertOn(on)
    return AlertRule(
        name,
        kind,
        run,
        tasks=tasks,
        queues=queues,
        over=_over(name, kind, over),
        window_ms=duration_ms(window, name="window"),
        to=to,
    )


def _over(name: str, on: AlertOn, over: Duration | int | None) -> int:
    if on is AlertOn.SLOW and over is not None:
        return duration_ms(over, name="over")
    if on is AlertOn.BACKLOG and isinstance(over, int) and over >= 0:
        return over
    if on in (AlertOn.SLOW, AlertOn.BACKLOG) or over is not None:
        raise InvalidInput(
            f'alert {name!r}: on="slow" needs over= a duration, on="backlog" a number of runs, others none'
        )
    return 0
