"""Effects of a body on their way: numbered in program order, so that a re-executed one does nothing."""

from __future__ import annotations

from threading import get_ident

from runcast.domain.effect import ROUNDS_SCOPE, Effect, EffectKind, Target, lines_scope
from runcast.domain.errors import InvalidInput, NotDurableHere
from runcast.sdk.execution import Execution
from runcast.sdk.scope import Scope, Trial, current_scope

ROOT_SCOPE = "/"
"""The scope of effects at the top of a body; "" means never counted."""


def emit(kind: EffectKind, key: str, value: str = "null", *, target: Target = Target.SELF) -> bool:
    """Put an effect on its way. False: outside of a run, or applied already by an earlier execution."""
    scope = current_scope.get()
    if scope is None:
        return False
    _check_text(key, kind)
    if scope.trial is None:
        _check_thread(scope, kind)
    scope.effects += 1
    path, number = scope.path or ROOT_SCOPE, scope.effects
    if number <= scope.execution.assignment.applied.get(path, 0):
        return False
    _send(scope.execution, Effect(kind, key, value, target, path, number))
    return True


def emit_part(stream: str, value: str, *, target: Target) -> None:
    """Append a part to a stream. A new try of a step supersedes the parts of its earlier ones."""
    scope = current_scope.get()
    if scope is None:
        return
    _check_text(stream, EffectKind.PART)
    trial = scope.trial
    if trial is None:
        emit(EffectKind.PART, stream, value, target=target)
        return
    execution = scope.execution
    step_scope = _step_scope(execution, trial)
    part_scope = f"{step_scope}{execution.epoch}.{trial.number}"
    if stream not in trial.reset:
        trial.reset.add(stream)
        if trial.number > 1 or execution.epoch > 1:
            trial.stream_number += 1
            earlier = f'"{_escaped(step_scope)}"'
            _send(execution, Effect(EffectKind.RESET, stream, earlier, target, part_scope, trial.stream_number))
    trial.stream_number += 1
    _send(execution, Effect(EffectKind.PART, stream, value, target, part_scope, trial.stream_number))


def emit_spent(kind: EffectKind, key: str, value: str) -> None:
    """Something that every try of a step counts for, because each was paid for."""
    scope = current_scope.get()
    if scope is None or scope.trial is None:
        emit(kind, key, value)
        return
    execution, trial = scope.execution, scope.trial
    trial.stream_number += 1
    try_scope = f"{_step_scope(execution, trial)}{execution.epoch}.{trial.number}"
    _send(execution, Effect(kind, key, value, scope=try_scope, number=trial.stream_number))


def _step_scope(execution: Execution, trial: Trial) -> str:
    """What the scopes of a step's tries begin with."""
    rounds = execution.assignment.applied.get(ROUNDS_SCOPE, 0)
    # What the step wrote before a `Continue` was another step's, and stays.
    return f"{trial.key}@{rounds}:" if rounds else f"{trial.key}@"


def emit_log(level: str, value: str) -> bool:
    """A log line: muted while its scope replays, shown for every try of a step. False outside of a run."""
    scope = current_scope.get()
    if scope is None or scope.is_far:
        return False
    if scope.trial is None and get_ident() == (scope.thread_id or scope.execution.thread_id):
        is_new = emit(EffectKind.LOG, level, value)
    else:
        # Inside a step, or on a thread where lines have no order: never counted.
        step = "" if scope.trial is None else lines_scope(scope.trial.key, scope.trial.number)
        _send(scope.execution, Effect(EffectKind.LOG, level, value, scope=step))
        is_new = True
    if is_new and scope.execution.span is not None:
        scope.execution.span.log(level, value)
    return True


def _send(execution: Execution, effect: Effect) -> None:
    execution.add_effect(effect)


def _check_text(name: str, kind: EffectKind) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"the name {name!r} of the {kind} effect holds a lone surrogate, which cannot be stored"
        ) from error


def _check_thread(scope: Scope, kind: EffectKind) -> None:
    if get_ident() != (scope.thread_id or scope.execution.thread_id):
        raise NotDurableHere(
            f"a {kind} effect on a thread that does not run the body has no place in its order: make it in the body, "
            "or make the threaded work a step"
        )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
