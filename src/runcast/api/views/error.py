"""Errors of runs as clients read them: with their causes, outermost first."""

from __future__ import annotations

import re

import msgspec
from msgspec import UNSET, UnsetType

from runcast.domain.errors import ErrorInfo

CAUSES_MAX = 10
_LINKS = re.compile(
    r"\n+(?:The above exception was the direct cause of the following exception"
    r"|During handling of the above exception, another exception occurred):\n+"
)
_IN_FULL = "\nIn full:\n"
_RAISED = re.compile(r"^(?P<type>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?\Z", re.DOTALL)
_LAST_FRAME = re.compile(r"^(?:  .*|Traceback \(most recent call last\):)\n", re.MULTILINE)


class CauseView(msgspec.Struct, frozen=True, rename="camel"):
    """An error that led to another."""

    message: str
    name: str | UnsetType = UNSET
    stack_trace: str | UnsetType = UNSET


class ErrorView(msgspec.Struct, frozen=True, rename="camel"):
    """An error as clients read it."""

    message: str
    name: str | UnsetType = UNSET
    stack_trace: str | UnsetType = UNSET
    causes: tuple[CauseView, ...] | UnsetType = UNSET


class TaskErrorView(msgspec.Struct, frozen=True, rename="camel", tag_field="type", tag="BUILT_IN_ERROR"):
    """The same, as a result says it."""

    name: str
    message: str
    stack_trace: str
    causes: tuple[CauseView, ...] | UnsetType = UNSET


class InternalErrorView(msgspec.Struct, frozen=True, rename="camel", tag_field="type", tag="INTERNAL_ERROR"):
    """An end that no task raised."""

    code: str
    message: str


def show_error(error: ErrorInfo) -> ErrorView:
    message = error.user_message or error.message
    return ErrorView(message, error.name, error.stack or UNSET, causes_of(error) or UNSET)


def show_task_error(error: ErrorInfo) -> TaskErrorView:
    return TaskErrorView(error.name, error.user_message or error.message, error.stack, causes_of(error) or UNSET)


def causes_of(error: ErrorInfo) -> tuple[CauseView, ...]:
    """What the traceback says of the errors before this one: the last of them first."""
    _, found, whole = error.stack.partition(_IN_FULL)
    if not found:
        return ()
    before = _LINKS.split(whole)[:-1]
    return tuple(cause for text in reversed(before) if (cause := _read(text)) is not None)[:CAUSES_MAX]


def _read(text: str) -> CauseView | None:
    """One error of a traceback, whose frames are indented."""
    frames = list(_LAST_FRAME.finditer(text))
    raised = _RAISED.match(text[frames[-1].end() if frames else 0 :].strip("\n"))
    if raised is None:
        return None
    name = ErrorInfo(raised["type"] if "." in raised["type"] else f"builtins.{raised['type']}", "").name
    return CauseView(raised["message"] or "", name, text.strip("\n"))
