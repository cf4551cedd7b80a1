"""The laws of our SQL files: named queries that any reader can paste into a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runcast.design.source import Finding

_QUERY = re.compile(r"^-- name: (?P<name>\w+).*\n(?P<body>(?:(?!-- name: ).*\n?)*)", re.MULTILINE)
_MOVES = re.compile(r"^\s*update runs\b[^;]*?\bset\b[^;]*?\bstatus = ", re.MULTILINE)
_GUARD = re.compile(r"\bwhere\b[^;]*\bstatus\b")
_CLOCK = re.compile(
    r"\b(now\(\)|current_timestamp|current_time|strftime\(|julianday\(|unixepoch\(|datetime\(|random\(|randomblob\()",
    re.IGNORECASE,
)
_KEYWORD = re.compile(
    r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|VALUES|JOIN|ORDER BY|GROUP BY|LIMIT|RETURNING|CREATE|TABLE|INDEX)\b"
)
_TEXT = re.compile(r"'[^']*'")


def check_sql(path: str, text: str) -> Iterator[Finding]:
    """Breaches of one file: unnamed or lawless queries, clocks and chance read by the database, capitals."""
    yield from _check_headers(path, text)
    for number, line in enumerate(text.splitlines(), 1):
        code = _TEXT.sub("''", line.split("--", 1)[0])
        if clock := _CLOCK.search(code):
            yield Finding(
                path, number, f"`{clock[1]}`: time and chance are handed in, or a simulation could not steer them"
            )
        if keyword := _KEYWORD.search(code):
            yield Finding(path, number, f"`{keyword[1]}`: SQL is lower case, one clause a line")


def _check_headers(path: str, text: str) -> Iterator[Finding]:
    """Names are unique, and a query that moves a run says what keeps it from moving one that it must not."""
    explained = text.startswith("--") and not text.startswith("-- name:")
    lines: dict[str, int] = {}
    for query in _QUERY.finditer(text):
        name, body = query["name"], query["body"]
        line = text.count("\n", 0, query.start()) + 1
        if name in lines:
            yield Finding(path, line, f"the query `{name}` is already at line {lines[name]}: one would hide the other")
        lines[name] = line
        if _MOVES.search(body) and not (explained or _GUARD.search(body) or re.search(r"^\s*--", body, re.MULTILINE)):
            message = (
                f"`{name}` sets a status without a guard: put `and status = …` in its `where`, or say above what holds"
            )
            yield Finding(path, line, message)
