"""`logger`: lines and spans that belong to a run and are shown with it. Muted while a re-execution replays what was logged."""

from __future__ import annotations

import logging
from typing import Any

from runcast.domain.limits import LOG_CHARS_MAX
from runcast.sdk.codec import encode_shown
from runcast.sdk.effects import emit_log
from runcast.sdk.tracing import Span, trace

__all__ = ["Span", "debug", "error", "info", "trace", "warning"]

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_outside = logging.getLogger("runcast.outside")


def debug(message: str, **data: Any) -> None:
    """Detail for whoever searches a fault."""
    _log("debug", message, data)


def info(message: str, **data: Any) -> None:
    """What happens. `data` is shown beside the message.

    >>> logger.info("fetched", url="https://python.org", bytes=48_213)  # doctest: +SKIP
    """
    _log("info", message, data)


def warning(message: str, **data: Any) -> None:
    """Something a person should know."""
    _log("warning", message, data)


def error(message: str, **data: Any) -> None:
    """Something went wrong and the body goes on."""
    _log("error", message, data)


def _log(level: str, message: str, data: dict[str, Any]) -> None:
    text = str(message)
    if len(text) > LOG_CHARS_MAX:
        text = f"{text[:LOG_CHARS_MAX]}… ({len(text) - LOG_CHARS_MAX:,} more characters were cut)"
    fields: dict[str, Any] = {"message": text}
    if data:
        fields["data"] = data
    if not emit_log(level, encode_shown(fields, what="log")):
        _outside.log(_LEVELS[level], "%s%s", text, f" {data}" if data else "")
