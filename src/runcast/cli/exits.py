"""The exit codes of every command."""

from __future__ import annotations

OK = 0
FAILED = 1
USAGE = 2
NOT_FOUND = 3
UNAVAILABLE = 4
DEFECT = 70
INTERRUPTED = 130

EXITS = {
    OK: "done",
    FAILED: "the run failed, or its state refuses the request",
    USAGE: "wrong usage or input",
    NOT_FOUND: "not found",
    UNAVAILABLE: "database or engine unavailable",
    DEFECT: "a defect in Runcast",
    INTERRUPTED: "interrupted; what it watched goes on",
}
