"""What Python's `logging` says in the processes that the command line starts: lines for people, or JSON lines."""

from __future__ import annotations

import json
import logging
import sys
from typing import TextIO

from runcast.domain.masked import without_keys
from runcast.settings import Settings


def set_up_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Call before the app is loaded, so that what it says while it is imported is told in the right form.

    An app that sets up logging by itself keeps its own way among lines for people; JSON lines stay JSON lines.
    """
    if settings.log_format == "json":
        handler = logging.StreamHandler(stream or sys.stderr)
        handler.setFormatter(JsonLines())
        logging.root.handlers = [handler]
    logging.root.setLevel(settings.log_level.upper())


def finish_logging() -> None:
    """Call after the app is loaded: an app that did not set up logging gets lines for people."""
    if not logging.root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(PlainLines("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
        logging.root.addHandler(handler)


class PlainLines(logging.Formatter):
    """Lines for people, without keys and tokens."""

    def format(self, record: logging.LogRecord) -> str:
        return without_keys(super().format(record))


class JsonLines(logging.Formatter):
    """`{"event": "log", "at": ms, "level", "logger", "message"}`, and `exception` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "event": "log",
            "at": round(record.created * 1000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_keys(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = without_keys(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
